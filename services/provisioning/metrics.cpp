#include "provisioning/metrics.hpp"

#include "core/errc.hpp"
#include "telemetry/metrics.hpp"

namespace pbx::provisioning {
namespace {

std::string reason_of(std::error_code error) {
  if (error == Errc::InvalidArgument) return "invalid";
  if (error == Errc::NotFound) return "not_found";
  if (error == Errc::AlreadyExists) return "exists";
  if (error == Errc::Conflict) return "in_use";
  if (error == Errc::PermissionDenied) return "denied";
  if (error == Errc::Unavailable) return "unavailable";
  if (error == Errc::Timeout) return "timeout";
  if (error == Errc::Overloaded) return "overloaded";
  return "internal";
}

}  // namespace

Metrics::Metrics(prometheus::Registry& wanted)
    : registry{wanted},
      publisher_active{telemetry::gauge(registry, "pbx_provisioning_publisher_active",
                                        "1 in the process that publishes the outbox")},
      outbox_waiting{telemetry::gauge(registry, "pbx_provisioning_outbox_waiting_rows",
                                      "Changes that are committed and not published yet")},
      outbox_published{telemetry::counter(registry, "pbx_provisioning_outbox_published_total",
                                          "Changes delivered to the topic config")},
      outbox_failed{telemetry::counter(registry, "pbx_provisioning_outbox_failed_total",
                                       "Deliveries that failed and are tried again")},
      republished{telemetry::counter(
          registry, "pbx_provisioning_republished_total",
          "Objects published again because the topic was empty or of another epoch")},
      outbox_seconds{telemetry::histogram(registry, "pbx_provisioning_outbox_seconds",
                                          "From a change's commit to its delivery",
                                          telemetry::latency_buckets())} {}

void Metrics::changed(std::string_view kind, std::string_view action) {
  telemetry::counter(registry, "pbx_provisioning_changes_total", "Committed changes",
                     {{"kind", std::string{kind}}, {"action", std::string{action}}})
      .Increment();
}

void Metrics::refused(std::string_view method, std::error_code reason) {
  telemetry::counter(registry, "pbx_provisioning_refusals_total", "Requests that were not done",
                     {{"method", std::string{method}}, {"reason", reason_of(reason)}})
      .Increment();
}

prometheus::Histogram& Metrics::seconds(std::string_view method) {
  return telemetry::histogram(registry, "pbx_provisioning_request_seconds",
                              "Time of a management request", telemetry::latency_buckets(),
                              {{"method", std::string{method}}});
}

}  // namespace pbx::provisioning
