#pragma once

#include "telemetry/metrics.hpp"

namespace pbx::cluster {

struct PublisherMetrics {
  explicit PublisherMetrics(prometheus::Registry& registry)
      : published{telemetry::counter(registry, "pbx_events_published_total",
                                     "Events handed to the publisher")},
        spooled{telemetry::counter(registry, "pbx_events_spooled_total",
                                   "Events written to the spool")},
        resent{
            telemetry::counter(registry, "pbx_events_resent_total", "Events sent from the spool")},
        dropped{telemetry::counter(registry, "pbx_events_dropped_total",
                                   "Events lost: spool full or unwritable, or refused by Kafka")},
        records{telemetry::gauge(registry, "pbx_event_spool_records", "Events in the spool")},
        bytes{telemetry::gauge(registry, "pbx_event_spool_bytes", "Bytes of the spool's files")},
        direct{telemetry::gauge(registry, "pbx_event_publisher_direct",
                                "1: events go straight to Kafka; 0: through the spool")} {}

  prometheus::Counter &published, &spooled, &resent, &dropped;
  prometheus::Gauge &records, &bytes, &direct;
};

}  // namespace pbx::cluster
