#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string>

namespace prometheus {
class Registry;
}

namespace pbx::rpc {

/// The client's side of one batched stream; all workers of a process share the series.
struct BatchClientMetrics {
  BatchClientMetrics(prometheus::Registry& registry, const std::string& method);

  prometheus::Counter& answered;
  prometheus::Counter& timed_out;
  prometheus::Counter& unavailable;
  prometheus::Counter& overloaded;
  prometheus::Counter& cancelled;
  prometheus::Counter& malformed;
  prometheus::Counter& sent_again;
  prometheus::Counter& messages;
  prometheus::Counter& closed;
  prometheus::Counter& refused;
  prometheus::Counter& stalled;
  prometheus::Counter& moved;
  prometheus::Gauge& connected;
  prometheus::Histogram& seconds;
  prometheus::Histogram& batch_items;
};

/// The server's side.
struct BatchServerMetrics {
  BatchServerMetrics(prometheus::Registry& registry, const std::string& method);

  prometheus::Counter& items;
  prometheus::Counter& messages;
  prometheus::Counter& reply_messages;
  prometheus::Counter& malformed;
  prometheus::Counter& paused;
  prometheus::Counter& refused_unauthenticated;
  prometheus::Counter& refused_denied;
  prometheus::Counter& refused_full;
  prometheus::Counter& refused_draining;
  prometheus::Counter& refused_greeting;
  prometheus::Counter& refused_handshake;
  prometheus::Counter& accept_errors;
  prometheus::Gauge& streams;
  prometheus::Histogram& batch_items;
  prometheus::Histogram& reply_batch_items;
};

}  // namespace pbx::rpc
