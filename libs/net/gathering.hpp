#pragma once

#include <algorithm>
#include <chrono>

namespace pbx::net {

/// Says how long a socket lets datagrams gather before it reads them, so that one wake-up, which
/// costs as much as handling several, serves about `wanted` of them. The pause is as short as the
/// traffic allows and never longer than `longest`.
///
/// Pauses end at multiples of their length on the machine's monotonic clock: processes that feed
/// the same backend wake together, and the backend gets one batch instead of several.
class Gathering {
 public:
  using Clock = std::chrono::steady_clock;
  using Time = Clock::time_point;

  /// `longest` 0: no pauses.
  Gathering(std::chrono::nanoseconds longest, unsigned wanted)
      : longest_{longest},
        shortest_{longest / 16},
        wanted_{std::max(1U, wanted)},
        pause_{longest} {}

  /// `datagrams` were read at `now`, at the end of a pause or after a lull.
  void read(Time now, unsigned datagrams) {
    if (longest_.count() == 0) return;
    if (datagrams > 2 * wanted_) pause_ = std::max(pause_ / 2, shortest_);
    if (datagrams < wanted_ / 2) pause_ = std::min(pause_ * 2, longest_);
    const auto since_boot = now.time_since_epoch();
    next_ = Time{since_boot - since_boot % pause_ + pause_};
  }

  /// Before it nothing should be read.
  Time next() const { return next_; }

 private:
  const std::chrono::nanoseconds longest_, shortest_;
  const unsigned wanted_;
  std::chrono::nanoseconds pause_;
  Time next_{};
};

}  // namespace pbx::net
