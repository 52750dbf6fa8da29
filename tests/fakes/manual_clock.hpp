#pragma once

#include "core/clock.hpp"

namespace pbx::fakes {

/// Time stands still until it is told to go on. Both clocks go together.
class ManualClock final : public Clock {
 public:
  explicit ManualClock(Wall start = Wall{std::chrono::milliseconds{1'800'000'000'000}})
      : now_{start}, steady_{std::chrono::hours{1}} {}

  Wall now() const override { return now_; }
  Steady steady() const override { return steady_; }

  void advance(std::chrono::milliseconds by) {
    now_ += by;
    steady_ += by;
  }

 private:
  Wall now_;
  Steady steady_;
};

}  // namespace pbx::fakes
