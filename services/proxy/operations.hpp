#pragma once

#include <boost/asio/steady_timer.hpp>

#include "cluster/node_lease.hpp"
#include "cluster/nodes.hpp"
#include "proxy/fronts/grpc_front.hpp"
#include "proxy/worker.hpp"
#include "redis/connection.hpp"
#include "rpc/server.hpp"
#include "runtime/application.hpp"
#include "runtime/workers.hpp"

namespace pbx::proxy {

/// What runs on the main thread's loop beside the workers: the node's lease and the operators' API,
/// over a Redis connection of its own.
class Operations {
 public:
  Operations(runtime::Application& app, Shared& shared, runtime::Workers<Worker>& workers);

  /// Other nodes find this one.
  bool ready() const { return redis_.connected() && lease_.held(); }
  void drain() { lease_.drain(); }
  /// No more calls of the API, and the lease is given back.
  void stop();

 private:
  /// Notes again and again which proxies live.
  void watch_peers();

  boost::asio::io_context& loop_;
  const Clock& clock_;
  Peers& peers_;
  redis::Connection redis_;
  cluster::Dialogs dialogs_;
  cluster::Nodes nodes_;
  DialogKeeper keeper_;
  CallDesk desk_;
  rpc::Server server_;
  GrpcFront front_;
  cluster::NodeLease lease_;
  boost::asio::steady_timer peer_timer_;
};

}  // namespace pbx::proxy
