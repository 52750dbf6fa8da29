#pragma once

#include <chrono>

namespace pbx {

/// Wall time in milliseconds since 1970 and a monotonic time, handed in wherever time matters.
class Clock {
 public:
  using Wall = std::chrono::sys_time<std::chrono::milliseconds>;
  using Steady = std::chrono::steady_clock::time_point;

  virtual ~Clock() = default;
  virtual Wall now() const = 0;
  virtual Steady steady() const = 0;
};

class SystemClock final : public Clock {
 public:
  Wall now() const override {
    return std::chrono::time_point_cast<std::chrono::milliseconds>(
        std::chrono::system_clock::now());
  }
  Steady steady() const override { return std::chrono::steady_clock::now(); }
};

}  // namespace pbx
