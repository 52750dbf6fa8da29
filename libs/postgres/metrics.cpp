#include "postgres/metrics.hpp"

#include "telemetry/metrics.hpp"

namespace pbx::postgres {
namespace {

prometheus::Counter& transactions(prometheus::Registry& registry, const char* result) {
  return telemetry::counter(registry, "pbx_postgres_transactions_total",
                            "Transactions by how they ended", {{"result", result}});
}

}  // namespace

PoolMetrics::PoolMetrics(prometheus::Registry& registry)
    : committed{transactions(registry, "committed")},
      rolled_back{transactions(registry, "rolled_back")},
      refused{transactions(registry, "refused")},
      unavailable{transactions(registry, "unavailable")},
      overloaded{transactions(registry, "overloaded")},
      repeated{telemetry::counter(registry, "pbx_postgres_transactions_repeated_total",
                                  "Transactions run again after a lost connection or a conflict")},
      connections{
          telemetry::gauge(registry, "pbx_postgres_connections", "Connections that are open")},
      seconds{telemetry::histogram(registry, "pbx_postgres_transaction_seconds",
                                   "Time of a transaction, waiting for a connection included",
                                   telemetry::latency_buckets())} {}

}  // namespace pbx::postgres
