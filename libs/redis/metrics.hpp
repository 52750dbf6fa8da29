#pragma once

#include "telemetry/metrics.hpp"

namespace pbx::redis {

/// One set for all connections of a process.
struct Metrics {
  explicit Metrics(prometheus::Registry& registry);

  prometheus::Counter& commands;
  prometheus::Counter& timeouts;
  prometheus::Counter& error_replies;
  prometheus::Counter& lost;        ///< Sent, and the connection broke before the reply.
  prometheus::Counter& refused;     ///< Not connected, or too many in flight.
  prometheus::Counter& reconnects;  ///< Connections that were lost or could not be made.
  prometheus::Counter& lookups;     ///< Answers of sentinels or cluster nodes about who is master.
  prometheus::Counter& failed_lookups;
  prometheus::Counter& switches;  ///< Another server took over from the master in use.
  prometheus::Counter& moved;     ///< Commands of a cluster that were sent again, by reason.
  prometheus::Counter& ask;
  prometheus::Counter& try_again;
  prometheus::Counter& cluster_down;
  prometheus::Gauge& held;       ///< Commands that wait for the new home of their slot.
  prometheus::Gauge& connected;  ///< Connections that are up.
  prometheus::Gauge& pending;
  prometheus::Histogram& batch_commands;  ///< Commands that went out in one write.
  prometheus::Histogram& seconds;         ///< Write to reply, of the first command of each write.
};

}  // namespace pbx::redis
