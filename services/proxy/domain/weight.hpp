#pragma once

#include <cstddef>

namespace pbx::proxy {

/// What one object holds of something that is bounded for all: its part of a sum, as long as it
/// lives.
class Weight {
 public:
  explicit Weight(std::size_t& sum) : sum_{sum} {}
  Weight(const Weight&) = delete;
  Weight& operator=(const Weight&) = delete;
  ~Weight() { set(0); }

  void set(std::size_t own) {
    sum_ = sum_ - own_ + own;
    own_ = own;
  }

 private:
  std::size_t& sum_;
  std::size_t own_ = 0;
};

}  // namespace pbx::proxy
