#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

namespace prometheus {
class Registry;
}

namespace pbx::postgres {

struct PoolMetrics {
  explicit PoolMetrics(prometheus::Registry& registry);

  prometheus::Counter& committed;
  prometheus::Counter& rolled_back;  ///< By the body's own decision.
  prometheus::Counter& refused;      ///< By the database.
  prometheus::Counter& unavailable;
  prometheus::Counter& overloaded;  ///< No free connection in time.
  prometheus::Counter& repeated;
  prometheus::Gauge& connections;
  prometheus::Histogram& seconds;
};

}  // namespace pbx::postgres
