#include "proxy/fronts/timer_driver.hpp"

#include <algorithm>

namespace pbx::proxy {
namespace {

constexpr std::chrono::milliseconds kStep{5};

}  // namespace

TimerDriver::TimerDriver(boost::asio::io_context& loop, Timers& timers)
    : timers_{timers}, timer_{loop} {
  timers_.on_start([this](Clock::Steady deadline) {
    if (deadline + kStep < armed_) arm(deadline + kStep);
  });
}

TimerDriver::~TimerDriver() { timers_.on_start({}); }

void TimerDriver::arm(Clock::Steady deadline) {
  armed_ = deadline;
  timer_.expires_at(deadline);
  timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) on_wake();
  });
}

void TimerDriver::on_wake() {
  armed_ = Clock::Steady::max();
  timers_.run_due();
  const auto next = timers_.next();
  if (!next) return;
  const auto earliest = timers_.clock().steady() + kStep;
  if (*next < armed_) arm(std::max(*next, earliest));
}

}  // namespace pbx::proxy
