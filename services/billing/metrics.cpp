#include "billing/metrics.hpp"

#include <string>

#include "telemetry/metrics.hpp"

namespace pbx::billing {
namespace {

prometheus::Counter* events_counter(prometheus::Registry& registry, const char* kind) {
  return &telemetry::counter(registry, "pbx_billing_events_total", "Call events that were read",
                             {{"kind", kind}});
}

}  // namespace

Metrics::Metrics(prometheus::Registry& wanted)
    : registry{wanted},
      events{events_counter(registry, "unspecified"), events_counter(registry, "started"),
             events_counter(registry, "ringing"), events_counter(registry, "answered"),
             events_counter(registry, "ended")},
      cdrs{telemetry::counter(registry, "pbx_billing_cdrs_total", "CDRs written")},
      cdrs_repeated{telemetry::counter(registry, "pbx_billing_cdrs_repeated_total",
                                       "Ends of calls whose CDR was there already")},
      repeated{telemetry::counter(registry, "pbx_billing_events_repeated_total",
                                  "Events whose sequence number was seen before")},
      sequence_gaps{telemetry::counter(registry, "pbx_billing_sequence_gaps_total",
                                       "Times that events of a call were missing")},
      batches{telemetry::counter(registry, "pbx_billing_batches_total", "Transactions committed")},
      save_failures{telemetry::counter(registry, "pbx_billing_save_failures_total",
                                       "Transactions that failed and are tried again")},
      fenced{telemetry::counter(registry, "pbx_billing_fenced_total",
                                "Batches given up because another process owns the partition")},
      partitions{telemetry::gauge(registry, "pbx_billing_partitions",
                                  "Partitions of the topic calls that this process reads")},
      batch_rows{telemetry::histogram(registry, "pbx_billing_batch_rows", "CDRs in a transaction",
                                      telemetry::exponential_buckets(1, 4, 6))},
      delay_seconds{telemetry::histogram(registry, "pbx_billing_cdr_delay_seconds",
                                         "From the end of a call to its CDR",
                                         telemetry::exponential_buckets(0.01, 4, 9))} {}

prometheus::Counter& Metrics::event(int kind) {
  return *events[kind > 0 && kind < 5 ? static_cast<std::size_t>(kind) : 0];
}

prometheus::Counter& Metrics::bad(std::string_view reason) {
  return telemetry::counter(registry, "pbx_billing_bad_events_total",
                            "Events that no CDR could be made of",
                            {{"reason", std::string{reason}}});
}

}  // namespace pbx::billing
