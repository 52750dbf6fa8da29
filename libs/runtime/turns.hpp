#pragma once

#include <prometheus/counter.h>

#include <chrono>

#include "telemetry/tally.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::runtime {

/// What became of a worker's wake-ups: how much each found to do, and how long its pace held it
/// back. Counted on the worker's thread, shown at each beat of its pulse.
class Turns {
 public:
  explicit Turns(prometheus::Registry& registry);

  void ran(std::size_t handlers) { handlers_.add(handlers); }
  void held(std::chrono::nanoseconds time) { held_ += time; }
  void publish();

 private:
  telemetry::Tally handlers_;
  std::chrono::nanoseconds held_{0};
  prometheus::Counter& held_seconds_;
};

}  // namespace pbx::runtime
