#pragma once

#include <chrono>
#include <functional>

#include "core/clock.hpp"
#include "sip/timer_wheel.hpp"

namespace pbx::proxy {

/// A timer that knows what it is for. Everything in a worker's wheel is one.
class Alarm : public sip::WheelTimer {
 public:
  virtual void on_alarm() = 0;

 protected:
  ~Alarm() = default;
};

/// An alarm as a member: calls a member function of its owner.
template <class Owner, void (Owner::*kOnAlarm)()>
class AlarmFor final : public Alarm {
 public:
  explicit AlarmFor(Owner& owner) : owner_{owner} {}
  void on_alarm() override { (owner_.*kOnAlarm)(); }

 private:
  Owner& owner_;
};

/// A worker's timers. Reads the clock it was given and no other; whoever drives the loop calls
/// run_due() at next() or before.
class Timers {
 public:
  explicit Timers(const Clock& clock) : clock_{clock}, wheel_{clock.steady()} {}

  void start(Alarm& alarm, std::chrono::milliseconds after) {
    const auto deadline = clock_.steady() + after;
    wheel_.start(alarm, deadline);
    if (on_start_) on_start_(deadline);
  }
  std::size_t run_due() {
    return wheel_.advance(clock_.steady(),
                          [](sip::WheelTimer& timer) { static_cast<Alarm&>(timer).on_alarm(); });
  }
  std::optional<Clock::Steady> next() const { return wheel_.next_deadline(); }
  std::size_t size() const { return wheel_.size(); }
  const Clock& clock() const { return clock_; }

  /// Told of every start, so that the driver can wake up earlier than it had planned.
  void on_start(std::function<void(Clock::Steady)> hook) { on_start_ = std::move(hook); }

 private:
  const Clock& clock_;
  sip::TimerWheel wheel_;
  std::function<void(Clock::Steady)> on_start_;
};

}  // namespace pbx::proxy
