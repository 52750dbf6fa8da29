#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "proxy/domain/timers.hpp"

namespace pbx::proxy {

/// Wakes a worker's timers. Due times are rounded up to steps of some milliseconds, so that a
/// thousand transactions that end within one cost one wake-up.
class TimerDriver {
 public:
  TimerDriver(boost::asio::io_context& loop, Timers& timers);
  TimerDriver(const TimerDriver&) = delete;
  TimerDriver& operator=(const TimerDriver&) = delete;
  ~TimerDriver();

 private:
  /// At the first step after it, if not earlier.
  void wake_after(Clock::Steady deadline);
  void on_wake();

  Timers& timers_;
  boost::asio::steady_timer timer_;
  Clock::Steady armed_ = Clock::Steady::max();
};

}  // namespace pbx::proxy
