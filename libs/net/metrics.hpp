#pragma once

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>

#include <string>

namespace prometheus {
class Registry;
}

namespace pbx::net {

/// Once a process and listener; all workers' sockets count into the same one, a batch at a time.
struct UdpMetrics {
  /// `listener` is a constant such as "sip".
  UdpMetrics(prometheus::Registry& registry, const std::string& listener);

  prometheus::Counter& received_packets;
  prometheus::Counter& received_bytes;
  prometheus::Counter& sent_packets;
  prometheus::Counter& sent_bytes;
  prometheus::Counter& truncated;     ///< Received, longer than the buffer, dropped.
  prometheus::Counter& kernel_drops;  ///< Receive buffer was full (SO_RXQ_OVFL).
  prometheus::Counter& receive_errors;
  prometheus::Counter& send_errors;  ///< One packet refused by the kernel: no route, too long …
  prometheus::Counter& send_queue_full;  ///< Dropped: kernel and queue are full.
  prometheus::Counter& unreachable;      ///< ICMP said so.
  prometheus::Histogram& receive_batch;  ///< Packets a recvmmsg call.
  prometheus::Histogram& send_batch;     ///< Packets a sendmmsg call.
};

/// Once a process and listener, as above.
struct TcpMetrics {
  TcpMetrics(prometheus::Registry& registry, const std::string& listener);

  prometheus::Gauge& connections;
  prometheus::Counter& accepted;
  prometheus::Counter& connected;
  prometheus::Counter& connect_failed;
  prometheus::Counter& accept_errors;
  prometheus::Counter& refused_limit;   ///< Accepted and closed at once: all there may be are kept.
  prometheus::Counter& refused_source;  ///< The same: all that their source may have.
  prometheus::Counter& evicted;         ///< Closed for a new one: max_connections.
  prometheus::Counter& closed_silent;   ///< Said nothing that makes sense: first_request.
  prometheus::Counter& closed_by_peer;
  prometheus::Counter& closed_by_owner;
  prometheus::Counter& closed_idle;
  prometheus::Counter& closed_slow;  ///< Does not read what it is sent.
  prometheus::Counter& closed_error;
  prometheus::Counter& received_bytes;
  prometheus::Counter& sent_bytes;
};

}  // namespace pbx::net
