#include "rpc/metrics.hpp"

#include "telemetry/metrics.hpp"

namespace pbx::rpc {
namespace {

using telemetry::counter;
using telemetry::gauge;
using telemetry::histogram;

prometheus::Counter& item(prometheus::Registry& registry, const std::string& method,
                          const char* outcome) {
  return counter(registry, "pbx_rpc_batch_client_items_total",
                 "Items handed to a batched stream, by what became of them",
                 {{"method", method}, {"outcome", outcome}});
}

prometheus::Counter& ended(prometheus::Registry& registry, const std::string& method,
                           const char* cause) {
  return counter(registry, "pbx_rpc_batch_client_streams_ended_total",
                 "Batched streams that ended: never accepted, closed by the server or network, "
                 "given up because the server said nothing, moved to the preferred server",
                 {{"method", method}, {"cause", cause}});
}

prometheus::Counter& refused(prometheus::Registry& registry, const std::string& method,
                             const char* cause) {
  return counter(
      registry, "pbx_rpc_batch_server_streams_refused_total",
      "Batched streams that were not accepted: wrong token, too many streams, draining, no "
      "greeting or one of another method or version, no handshake",
      {{"method", method}, {"cause", cause}});
}

prometheus::Histogram& batch(prometheus::Registry& registry, const std::string& method,
                             const char* name, const char* help) {
  return histogram(registry, name, help, telemetry::exponential_buckets(1, 2, 11),
                   {{"method", method}});
}

}  // namespace

BatchClientMetrics::BatchClientMetrics(prometheus::Registry& registry, const std::string& method)
    : answered{item(registry, method, "answered")},
      timed_out{item(registry, method, "timed_out")},
      unavailable{item(registry, method, "unavailable")},
      overloaded{item(registry, method, "overloaded")},
      cancelled{item(registry, method, "cancelled")},
      malformed{counter(registry, "pbx_rpc_batch_client_malformed_total",
                        "Reply messages that could not be read", {{"method", method}})},
      sent_again{counter(registry, "pbx_rpc_batch_client_items_sent_again_total",
                         "Items sent to another server because their stream was lost",
                         {{"method", method}})},
      messages{counter(registry, "pbx_rpc_batch_client_messages_total",
                       "Messages written, each with the items of one turn of a loop",
                       {{"method", method}})},
      closed{ended(registry, method, "closed")},
      refused{ended(registry, method, "refused")},
      stalled{ended(registry, method, "stalled")},
      moved{ended(registry, method, "moved")},
      connected{gauge(registry, "pbx_rpc_batch_client_streams",
                      "Batched streams that a server has accepted", {{"method", method}})},
      seconds{histogram(registry, "pbx_rpc_batch_client_item_seconds",
                        "From submitting an item to its answer", telemetry::latency_buckets(),
                        {{"method", method}})},
      batch_items{batch(registry, method, "pbx_rpc_batch_client_batch_items",
                        "Items of a message when it is written")} {}

BatchServerMetrics::BatchServerMetrics(prometheus::Registry& registry, const std::string& method)
    : items{counter(registry, "pbx_rpc_batch_server_items_total", "Items received in batches",
                    {{"method", method}})},
      messages{counter(registry, "pbx_rpc_batch_server_messages_total", "Batches received",
                       {{"method", method}})},
      reply_messages{counter(registry, "pbx_rpc_batch_server_reply_messages_total",
                             "Batches of replies written", {{"method", method}})},
      malformed{counter(registry, "pbx_rpc_batch_server_malformed_total",
                        "Streams ended because a batch could not be read", {{"method", method}})},
      paused{counter(registry, "pbx_rpc_batch_server_pauses_total",
                     "Times a stream was not read on because it was owed too many answers",
                     {{"method", method}})},
      refused_unauthenticated{refused(registry, method, "unauthenticated")},
      refused_denied{refused(registry, method, "denied")},
      refused_full{refused(registry, method, "full")},
      refused_draining{refused(registry, method, "draining")},
      refused_greeting{refused(registry, method, "greeting")},
      refused_handshake{refused(registry, method, "handshake")},
      accept_errors{counter(registry, "pbx_rpc_batch_server_accept_errors_total",
                            "Times no connection could be accepted", {{"method", method}})},
      streams{gauge(registry, "pbx_rpc_batch_server_streams", "Batched streams that are open",
                    {{"method", method}})},
      batch_items{batch(registry, method, "pbx_rpc_batch_server_batch_items",
                        "Items of a batch that was received")},
      reply_batch_items{batch(registry, method, "pbx_rpc_batch_server_reply_batch_items",
                              "Replies of a batch that was written")} {}

}  // namespace pbx::rpc
