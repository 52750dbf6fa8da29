#pragma once

#include <atomic>
#include <chrono>

#include "core/clock.hpp"

namespace pbx::proxy {

/// Whether this process has slept (stopped, or its machine paused) for so long that others have
/// taken its calls over, ended them and perhaps forgotten them: then what Redis does not have is
/// over, not lost. Thread-safe.
class Awake {
 public:
  /// `longest`: what it may miss without consequences.
  explicit Awake(std::chrono::milliseconds longest) : longest_{longest} {}

  /// About once a second, by one thread.
  void tick(Clock::Steady now) {
    if (slept(now)) slept_ = true;
    last_ = now.time_since_epoch().count();
  }
  /// Also before the first tick after waking up.
  bool slept(Clock::Steady now) const {
    const auto last = last_.load();
    if (slept_ || last == 0) return slept_;
    return now - Clock::Steady{Clock::Steady::duration{last}} > longest_;
  }
  /// What others have done is known here now.
  void caught_up() { slept_ = false; }

 private:
  const std::chrono::milliseconds longest_;
  std::atomic<Clock::Steady::rep> last_{0};
  std::atomic<bool> slept_{false};
};

}  // namespace pbx::proxy
