#include "proxy/fronts/timer_driver.hpp"

#include <algorithm>

namespace pbx::proxy {
namespace {

constexpr std::chrono::milliseconds kStep{8};

/// The next step. Steps lie where the pauses of sockets end (net::Gathering), whose wake-up then
/// serves the timers too.
Clock::Steady step_after(Clock::Steady time) {
  return time - time.time_since_epoch() % kStep + kStep;
}

}  // namespace

TimerDriver::TimerDriver(boost::asio::io_context& loop, Timers& timers)
    : timers_{timers}, timer_{loop} {
  timers_.on_start([this](Clock::Steady deadline) { wake_after(deadline); });
}

TimerDriver::~TimerDriver() { timers_.on_start({}); }

void TimerDriver::wake_after(Clock::Steady deadline) {
  const auto step = step_after(deadline);
  if (step >= armed_) return;
  armed_ = step;
  timer_.expires_at(step);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_wake();
  });
}

void TimerDriver::on_wake() {
  armed_ = Clock::Steady::max();
  timers_.run_due();
  if (const auto next = timers_.next()) wake_after(std::max(*next, timers_.clock().steady()));
}

}  // namespace pbx::proxy
