#pragma once

#include <cstddef>
#include <system_error>
#include <utility>
#include <vector>

#include "core/move_function.hpp"
#include "core/result.hpp"

namespace pbx::cluster {

/// Puts together what several commands answer, kept by shared_ptr from each of their handlers.
/// Whoever makes it calls finish_one() once after the last command is sent.
template <class T>
struct Collected {
  std::vector<T> items;
  std::size_t missing = 1;  ///< Answers to come, and one for the maker.
  std::error_code error;
  bool part_will_do = false;  ///< Without it one failure is the failure of all.
  MoveFunction<void(Result<std::vector<T>>)> done;

  void finish_one() {
    if (--missing != 0 || !done) return;
    if (error && (items.empty() || !part_will_do)) return done(error);
    done(std::move(items));
  }
};

}  // namespace pbx::cluster
