#include "redis/metrics.hpp"

namespace pbx::redis {
namespace {

constexpr const char* kErrors = "pbx_redis_errors_total";
constexpr const char* kErrorsHelp = "Redis commands without a good reply";

prometheus::Counter& errors(prometheus::Registry& registry, const char* kind) {
  return telemetry::counter(registry, kErrors, kErrorsHelp, {{"kind", kind}});
}

prometheus::Counter& count_lookups(prometheus::Registry& registry, const char* result) {
  return telemetry::counter(registry, "pbx_redis_lookups_total",
                            "Questions to sentinels and cluster nodes about the masters",
                            {{"result", result}});
}

prometheus::Counter& redirects(prometheus::Registry& registry, const char* kind) {
  return telemetry::counter(registry, "pbx_redis_redirects_total",
                            "Commands that a cluster's node had sent again", {{"kind", kind}});
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry)
    : commands{telemetry::counter(registry, "pbx_redis_commands_total", "Commands sent to Redis")},
      timeouts{errors(registry, "timeout")},
      error_replies{errors(registry, "reply")},
      lost{errors(registry, "lost")},
      refused{errors(registry, "refused")},
      reconnects{telemetry::counter(registry, "pbx_redis_reconnects_total",
                                    "Connections to Redis lost or not made")},
      lookups{count_lookups(registry, "good")},
      failed_lookups{count_lookups(registry, "failed")},
      switches{telemetry::counter(registry, "pbx_redis_switches_total",
                                  "Times that another server took over from the master in use")},
      moved{redirects(registry, "moved")},
      ask{redirects(registry, "ask")},
      try_again{redirects(registry, "tryagain")},
      cluster_down{redirects(registry, "clusterdown")},
      held{telemetry::gauge(registry, "pbx_redis_held",
                            "Commands that wait for the new home of their slot")},
      connected{telemetry::gauge(registry, "pbx_redis_connected", "Connections to Redis")},
      pending{telemetry::gauge(registry, "pbx_redis_pending", "Commands waiting for a reply")},
      batch_commands{telemetry::histogram(registry, "pbx_redis_batch_commands",
                                          "Commands that went out in one write",
                                          telemetry::exponential_buckets(1, 2, 11))},
      seconds{telemetry::histogram(registry, "pbx_redis_seconds",
                                   "From a write to the reply of its first command",
                                   telemetry::latency_buckets())} {}

}  // namespace pbx::redis
