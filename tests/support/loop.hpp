#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <optional>
#include <stdexcept>
#include <utility>

#include "core/result.hpp"

namespace pbx::test {

/// Runs the loop until `condition` holds; throws when it does not within `limit`.
template <class Condition>
void run_until(boost::asio::io_context& context, Condition&& condition,
               std::chrono::milliseconds limit = std::chrono::seconds{20}) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) {
      throw std::runtime_error{"what the test waits for did not happen"};
    }
    if (context.stopped()) context.restart();
    context.run_one_for(std::chrono::milliseconds{20});
  }
}

/// What an operation with a callback ends with: `outcome<T>(loop, [&](auto done) { op(…, done);
/// })`.
template <class T, class Start>
Result<T> outcome(boost::asio::io_context& context, Start&& start) {
  std::optional<Result<T>> result;
  std::forward<Start>(start)([&result](Result<T> got) { result.emplace(std::move(got)); });
  run_until(context, [&] { return result.has_value(); });
  return std::move(*result);
}

}  // namespace pbx::test
