#pragma once

#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "core/clock.hpp"

namespace pbx::sip {

class TimerWheel;

/// A timer inside the object that it wakes (derive from it or have it as a member); it costs no
/// allocation. Its end cancels it. Neither copied nor moved.
class WheelTimer {
 public:
  WheelTimer() = default;
  WheelTimer(const WheelTimer&) = delete;
  WheelTimer& operator=(const WheelTimer&) = delete;
  ~WheelTimer() { cancel(); }

  bool running() const { return wheel_ != nullptr; }
  inline void cancel();

 private:
  friend class TimerWheel;
  WheelTimer* next_ = nullptr;
  WheelTimer* previous_ = nullptr;
  TimerWheel* wheel_ = nullptr;
  std::uint64_t due_ = 0;  ///< Milliseconds since the wheel's origin.
  std::uint16_t slot_ = 0;
};

/// Hierarchical timing wheel with millisecond steps: 4 levels of 256 slots, 49 days (what is
/// further away is carried along). Starting and cancelling are O(1). One wheel a worker; it reads
/// no clock.
class TimerWheel {
 public:
  using Time = Clock::Steady;

  explicit TimerWheel(Time origin) : origin_{origin} {}
  TimerWheel(const TimerWheel&) = delete;
  TimerWheel& operator=(const TimerWheel&) = delete;
  ~TimerWheel();

  /// Starts or restarts `timer`. It never fires before `deadline`; one that has passed fires at the
  /// next advance().
  void start(WheelTimer& timer, Time deadline);
  void cancel(WheelTimer& timer) noexcept;

  /// Fires every timer due at `now` or before by `fire(WheelTimer&)`, earliest first (those started
  /// too late before all others). A timer does not run any more when it is fired; `fire` may start,
  /// cancel and destroy any timer, but not call advance(). Returns how many were fired.
  template <class Fire>
  std::size_t advance(Time now, Fire&& fire) {
    assert(slots_[kFiring] == nullptr);
    const std::uint64_t target = elapsed(now);
    splice(kLate);
    std::size_t fired = drain(fire);
    for (std::uint64_t at = next_event(); at <= target; at = next_event()) {
      step_to(at);
      fired += drain(fire);
    }
    if (target > now_) now_ = target;
    return fired;
  }

  /// When advance() is to be called next: never later than the earliest deadline; sooner when
  /// timers that were far away at first have to be sorted anew. nullopt: no timer runs.
  std::optional<Time> next_deadline() const;
  std::size_t size() const { return size_; }

 private:
  static constexpr unsigned kBits = 8;
  static constexpr std::size_t kSlots = 1u << kBits;
  static constexpr std::size_t kLevels = 4;
  static constexpr std::uint16_t kLate = kLevels * kSlots;  ///< Already due when started.
  static constexpr std::uint16_t kFiring = kLate + 1;       ///< Taken out, about to be fired.
  static constexpr std::uint64_t kNever = ~std::uint64_t{0};

  std::uint64_t elapsed(Time time) const;
  void place(WheelTimer& timer);
  void link(WheelTimer& timer, std::uint16_t slot);
  void unlink(WheelTimer& timer) noexcept;
  void splice(std::uint16_t slot);
  std::uint64_t next_event() const;
  std::uint64_t next_in_level(std::size_t level) const;
  void step_to(std::uint64_t at);
  void cascade(std::size_t level);

  template <class Fire>
  std::size_t drain(Fire& fire) {
    std::size_t fired = 0;
    while (WheelTimer* timer = slots_[kFiring]) {
      cancel(*timer);
      fire(*timer);
      ++fired;
    }
    return fired;
  }

  Time origin_;
  std::uint64_t now_ = 0;
  std::size_t size_ = 0;
  std::array<WheelTimer*, kFiring + 1> slots_{};
  std::array<std::array<std::uint64_t, kSlots / 64>, kLevels> occupied_{};
};

inline void WheelTimer::cancel() {
  if (wheel_ != nullptr) wheel_->cancel(*this);
}

}  // namespace pbx::sip
