#include "net/metrics.hpp"

#include "telemetry/metrics.hpp"

namespace pbx::net {

namespace {

using telemetry::counter;
using telemetry::Labels;

Labels labels(const std::string& listener) { return {{"listener", listener}}; }

Labels labels(const std::string& listener, const char* reason) {
  return {{"listener", listener}, {"reason", reason}};
}

prometheus::Counter& udp_dropped(prometheus::Registry& registry, const std::string& listener,
                                 const char* reason) {
  return counter(registry, "pbx_net_udp_dropped_packets_total",
                 "UDP packets that were not handed on.", labels(listener, reason));
}

prometheus::Histogram& udp_batch(prometheus::Registry& registry, const std::string& listener,
                                 const char* direction) {
  return telemetry::histogram(registry, "pbx_net_udp_batch_packets", "UDP packets a system call.",
                              {1, 2, 4, 8, 16, 32, 64},
                              {{"listener", listener}, {"direction", direction}});
}

prometheus::Counter& tcp_closed(prometheus::Registry& registry, const std::string& listener,
                                const char* reason) {
  return counter(registry, "pbx_net_tcp_closed_total", "TCP connections closed.",
                 labels(listener, reason));
}

}  // namespace

UdpMetrics::UdpMetrics(prometheus::Registry& registry, const std::string& listener)
    : received_packets{counter(registry, "pbx_net_udp_received_packets_total",
                               "UDP packets received.", labels(listener))},
      received_bytes{counter(registry, "pbx_net_udp_received_bytes_total", "UDP bytes received.",
                             labels(listener))},
      sent_packets{counter(registry, "pbx_net_udp_sent_packets_total", "UDP packets sent.",
                           labels(listener))},
      sent_bytes{
          counter(registry, "pbx_net_udp_sent_bytes_total", "UDP bytes sent.", labels(listener))},
      truncated{udp_dropped(registry, listener, "truncated")},
      kernel_drops{udp_dropped(registry, listener, "receive_buffer_full")},
      receive_errors{counter(registry, "pbx_net_udp_receive_errors_total",
                             "System calls to receive that failed.", labels(listener))},
      send_errors{udp_dropped(registry, listener, "send_error")},
      send_queue_full{udp_dropped(registry, listener, "send_queue_full")},
      unreachable{counter(registry, "pbx_net_udp_unreachable_total",
                          "ICMP errors for packets that were sent.", labels(listener))},
      receive_batch{udp_batch(registry, listener, "receive")},
      send_batch{udp_batch(registry, listener, "send")} {}

TcpMetrics::TcpMetrics(prometheus::Registry& registry, const std::string& listener)
    : connections{telemetry::gauge(registry, "pbx_net_tcp_connections", "TCP connections open.",
                                   labels(listener))},
      accepted{counter(registry, "pbx_net_tcp_accepted_total", "TCP connections accepted.",
                       labels(listener))},
      connected{counter(registry, "pbx_net_tcp_connects_total", "TCP connections made.",
                        {{"listener", listener}, {"result", "connected"}})},
      connect_failed{counter(registry, "pbx_net_tcp_connects_total", "TCP connections made.",
                             {{"listener", listener}, {"result", "failed"}})},
      accept_errors{counter(registry, "pbx_net_tcp_accept_errors_total",
                            "System calls to accept that failed.", labels(listener))},
      refused_limit{tcp_closed(registry, listener, "connection_limit")},
      refused_source{tcp_closed(registry, listener, "source_limit")},
      evicted{tcp_closed(registry, listener, "evicted")},
      closed_silent{tcp_closed(registry, listener, "silent")},
      closed_by_peer{tcp_closed(registry, listener, "peer")},
      closed_by_owner{tcp_closed(registry, listener, "owner")},
      closed_idle{tcp_closed(registry, listener, "idle")},
      closed_slow{tcp_closed(registry, listener, "slow")},
      closed_error{tcp_closed(registry, listener, "error")},
      received_bytes{counter(registry, "pbx_net_tcp_received_bytes_total", "TCP bytes received.",
                             labels(listener))},
      sent_bytes{
          counter(registry, "pbx_net_tcp_sent_bytes_total", "TCP bytes sent.", labels(listener))} {}

}  // namespace pbx::net
