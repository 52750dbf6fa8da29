#pragma once

#include <memory>

#include "redis/backend.hpp"
#include "redis/metrics.hpp"
#include "redis/options.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace pbx::redis {

/// A Redis Cluster: one pipelined Link to each master, commands to where their key's slot lives.
/// Follows MOVED and ASK, tries again after TRYAGAIN and CLUSTERDOWN.
class ClusterBackend final : public Backend {
 public:
  ClusterBackend(boost::asio::io_context& context, Options options,
                 std::shared_ptr<boost::asio::ssl::context> tls, Metrics& metrics);
  ~ClusterBackend() override;
  ClusterBackend(const ClusterBackend&) = delete;
  ClusterBackend& operator=(const ClusterBackend&) = delete;

  void start() override;
  void on_connect(ConnectHook hook) override;
  void send(Command command, Callback done) override;
  bool connected() const override;
  void close() override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::redis
