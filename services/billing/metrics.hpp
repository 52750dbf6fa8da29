#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <array>
#include <string_view>

namespace prometheus {
class Registry;
}

namespace pbx::billing {

/// Every metric that billing owns.
struct Metrics {
  explicit Metrics(prometheus::Registry& registry);

  /// By pbx.events.v1.CallEventKind; unknown ones count as unspecified.
  prometheus::Counter& event(int kind);
  /// `reason`: payload, kind, call_id, tenant, user, time, refused.
  prometheus::Counter& bad(std::string_view reason);

  prometheus::Registry& registry;
  std::array<prometheus::Counter*, 5> events;
  prometheus::Counter& cdrs;           ///< Rows written.
  prometheus::Counter& cdrs_repeated;  ///< ENDED events whose row was there already.
  prometheus::Counter& repeated;       ///< Events whose sequence was seen before.
  prometheus::Counter& sequence_gaps;
  prometheus::Counter& batches;
  prometheus::Counter& save_failures;  ///< Each is tried again.
  prometheus::Counter& fenced;         ///< Partitions that another process had taken over.
  prometheus::Gauge& partitions;
  prometheus::Histogram& batch_rows;
  prometheus::Histogram& delay_seconds;  ///< From a call's end to its committed CDR.
};

}  // namespace pbx::billing
