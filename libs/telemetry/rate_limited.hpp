#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <string_view>

#include "telemetry/log.hpp"

namespace pbx::log {

/// One event that a stranger can cause at will: at most `per_second` lines a second; the next line
/// that is written carries the number of those that were not as `left_out`. Thread-safe.
class RateLimited {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// `event` must be a constant.
  RateLimited(Level level, std::string_view event, std::uint32_t per_second = 5)
      : level_{level}, event_{event}, per_second_{per_second} {}

  void operator()(Fields fields = {});

  /// True when a line may be written at `now`; counts it either way.
  bool admit(Time now);
  /// What was not admitted since this was last asked.
  std::uint64_t take_left_out() { return left_out_.exchange(0, std::memory_order_relaxed); }

 private:
  const Level level_;
  const std::string_view event_;
  const std::uint32_t per_second_;
  std::atomic<std::uint64_t> window_{0};  // second (upper 32 bits) and lines in it (lower 32 bits)
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace pbx::log
