#pragma once

#include <algorithm>
#include <chrono>

namespace pbx::runtime {

/// Says when a loop may wake next: as often as it likes at first, and `per_second` times a second
/// in the long run. So a loop with little to do answers at once, and one with much to do handles
/// what has come meanwhile together, in fewer wake-ups and system calls.
class Pace {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Wake-ups in a row that are free after a rest.
  static constexpr int kBurst = 16;

  explicit Pace(unsigned per_second) : interval_{std::chrono::seconds{1}} {
    interval_ /= std::max(1U, per_second);
  }

  /// The loop woke, and is done with what there was at `now`. When it may wake again; `now` or
  /// earlier: at once.
  Time woke(Time now) {
    next_ = std::max(next_, now - kBurst * interval_) + interval_;
    return next_;
  }

 private:
  std::chrono::nanoseconds interval_;
  Time next_{};
};

}  // namespace pbx::runtime
