#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string_view>
#include <system_error>

namespace prometheus {
class Registry;
}

namespace pbx::provisioning {

/// Every metric that provisioning owns.
struct Metrics {
  explicit Metrics(prometheus::Registry& registry);

  /// A committed change: pbx_provisioning_changes_total{kind,action}.
  void changed(std::string_view kind, std::string_view action);
  /// A request that was not done: pbx_provisioning_refusals_total{method,reason}.
  void refused(std::string_view method, std::error_code reason);
  prometheus::Histogram& seconds(std::string_view method);

  prometheus::Registry& registry;
  prometheus::Gauge& publisher_active;  ///< 1 in the one process that publishes.
  prometheus::Gauge& outbox_waiting;    ///< As the active publisher last saw it.
  prometheus::Counter& outbox_published;
  prometheus::Counter& outbox_failed;     ///< Deliveries that are tried again.
  prometheus::Counter& republished;       ///< Objects sent because the topic was not ours.
  prometheus::Histogram& outbox_seconds;  ///< From the change to its delivery.
};

}  // namespace pbx::provisioning
