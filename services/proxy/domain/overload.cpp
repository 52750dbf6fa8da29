#include "proxy/domain/overload.hpp"

#include <algorithm>

namespace pbx::proxy {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kWindow{100};
constexpr milliseconds kRemembered{10'000};
constexpr double kNewest = 0.5;  ///< Weight of the last window.

double to_ms(Clock::Steady::duration time) {
  return std::chrono::duration<double, std::milli>(time).count();
}

}  // namespace

void Backlog::begin(Clock::Steady now) {
  roll(now);
  ++waiting_;
}

void Backlog::end(Clock::Steady now) {
  roll(now);
  if (waiting_ > 0) --waiting_;
  ++ended_;
  least_ = std::min(least_, waiting_);
}

bool Backlog::admits(Clock::Steady now) {
  if (waiting_ < kFloor) return true;
  roll(now);
  if (!speed_) return waiting_ < kBlind;
  return static_cast<double>(waiting_) < *speed_ * static_cast<double>(kTarget.count());
}

/// Only a window in which something waited all the time tells how fast the backend is.
void Backlog::roll(Clock::Steady now) {
  const auto length = now - window_;
  if (length < kWindow) return;
  if (least_ >= kFloor) {
    const double speed = static_cast<double>(ended_) / to_ms(length);
    speed_ = speed_ ? *speed_ + kNewest * (speed - *speed_) : speed;
    measured_ = now;
  } else if (now - measured_ > kRemembered) {
    speed_.reset();
  }
  window_ = now;
  ended_ = 0;
  least_ = waiting_;
}

}  // namespace pbx::proxy
