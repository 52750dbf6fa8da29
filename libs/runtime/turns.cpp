#include "runtime/turns.hpp"

#include "telemetry/metrics.hpp"

namespace pbx::runtime {
namespace {

constexpr unsigned kBounds = 11;

}  // namespace

Turns::Turns(prometheus::Registry& registry)
    : handlers_{telemetry::histogram(registry, "pbx_runtime_loop_turn_handlers",
                                     "What a worker's loop had to do when it woke.",
                                     telemetry::exponential_buckets(1, 2, kBounds)),
                kBounds},
      held_seconds_{telemetry::counter(registry, "pbx_runtime_loop_held_seconds_total",
                                       "Time that workers' loops slept to find more to do.")} {}

void Turns::publish() {
  handlers_.publish();
  held_seconds_.Increment(std::chrono::duration<double>{held_}.count());
  held_ = {};
}

}  // namespace pbx::runtime
