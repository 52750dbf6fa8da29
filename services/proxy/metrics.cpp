#include "proxy/metrics.hpp"

#include <string>

namespace pbx::proxy {

using telemetry::counter;
using telemetry::gauge;
using telemetry::histogram;

namespace {

prometheus::Gauge& waiting(prometheus::Registry& registry, const char* what) {
  return gauge(registry, "pbx_proxy_overload_waiting",
               "What waits for a backend; more than it answers in 200 ms is refused",
               {{"what", what}});
}

}  // namespace

Metrics::Metrics(prometheus::Registry& registry)
    : transactions{gauge(registry, "pbx_proxy_transactions", "Transactions without final answer")},
      lingering{gauge(registry, "pbx_proxy_transactions_lingering",
                      "Answered transactions that wait for late messages")},
      transaction_bytes{gauge(registry, "pbx_proxy_transaction_bytes",
                              "Bytes of the messages that transactions keep")},
      stream_bytes{gauge(registry, "pbx_proxy_stream_bytes",
                         "Bytes of messages over TCP that have begun and are not whole yet")},
      waiting_registrations{waiting(registry, "registrations")},
      waiting_calls{waiting(registry, "calls")},
      retransmissions{counter(registry, "pbx_proxy_retransmissions_total",
                              "Requests that were received again")},
      forwarded_stateless{counter(registry, "pbx_proxy_forwarded_stateless_total",
                                  "Responses and ACKs forwarded without a transaction")},
      handed_over{counter(registry, "pbx_proxy_handed_over_total",
                          "Messages given to the worker that owns their transaction")},
      handover_batch{histogram(registry, "pbx_proxy_handover_batch",
                               "Messages in one hand-over to another worker",
                               telemetry::exponential_buckets(1, 2, 10))},
      keepalives{counter(registry, "pbx_proxy_keepalives_total", "Keep-alives of phones")},
      calls{counter(registry, "pbx_proxy_calls_total", "INVITEs of authenticated callers")},
      live_calls{gauge(registry, "pbx_proxy_live_calls", "Calls that this process looks after")},
      forks{histogram(registry, "pbx_proxy_forks", "Branches of a call",
                      telemetry::exponential_buckets(1, 2, 6))},
      setup_seconds{histogram(registry, "pbx_proxy_setup_seconds",
                              "From an INVITE to its first branch", telemetry::latency_buckets())},
      register_seconds{histogram(registry, "pbx_proxy_register_seconds",
                                 "From a REGISTER with credentials to its answer",
                                 telemetry::latency_buckets())},
      events_published{counter(registry, "pbx_proxy_events_total", "Call events published")},
      record_failures{counter(registry, "pbx_proxy_record_failures_total",
                              "Writes of dialog records that failed")},
      reaped{
          counter(registry, "pbx_proxy_reaped_total", "Lapsed dialog records that were settled")},
      restored{counter(registry, "pbx_proxy_records_restored_total",
                       "Dialog records written again because Redis had lost them")},
      resumed{counter(registry, "pbx_proxy_calls_resumed_total",
                      "Ringing calls of lost nodes that went on here")},
      phones_asked{counter(registry, "pbx_proxy_phones_asked_total",
                           "Questions to phones whether they still have a lost node's call")},
      found_over{counter(registry, "pbx_proxy_calls_found_over_total",
                         "Calls of lost nodes that had ended unnoticed")} {
  for (std::size_t i = 0; i < requests_.size(); ++i) {
    const auto name = sip::method_name(static_cast<sip::Method>(i));
    requests_[i] = &counter(registry, "pbx_proxy_requests_total", "Requests received",
                            {{"method", name.empty() ? "other" : std::string{name}}});
  }
  for (std::size_t i = 0; i < responses_.size(); ++i) {
    responses_[i] = &counter(registry, "pbx_proxy_responses_total", "Responses received",
                             {{"class", std::to_string(i + 1) + "xx"}});
  }
  for (std::size_t i = 0; i < refused_.size(); ++i) {
    refused_[i] = &counter(registry, "pbx_proxy_refused_total", "Messages refused or dropped",
                           {{"reason", std::string{info_of(static_cast<Refusal>(i)).label}}});
  }
  for (std::size_t i = 0; i < overload_.size(); ++i) {
    overload_[i] = &counter(registry, "pbx_proxy_overload_refused_total",
                            "Requests refused as too many, by what there was too much of",
                            {{"excess", std::string{kExcesses[i]}}});
  }
  for (std::size_t i = 0; i < withheld_.size(); ++i) {
    withheld_[i] = &counter(registry, "pbx_proxy_withheld_total",
                            "Header fields that did not cross the trust boundary",
                            {{"what", std::string{kWithheld[i]}}});
  }
}

}  // namespace pbx::proxy
