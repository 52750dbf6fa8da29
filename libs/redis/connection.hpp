#pragma once

#include <memory>

#include "redis/backend.hpp"
#include "redis/metrics.hpp"
#include "redis/options.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::redis {

/// Redis as one worker sees it: a server, a Sentinel group's master or a cluster, as the options
/// say; on one thread's loop. While what a command needs is away, it fails at once with
/// Unavailable, and the connection comes back by itself.
class Connection final : public Client {
 public:
  Connection(boost::asio::io_context& context, Options options, Metrics& metrics);
  /// Callbacks of commands without a reply are dropped, not called: their owners may be gone.
  ~Connection() override;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void start();
  /// Of a cluster: every master was connected once, and most slots can be reached now.
  bool connected() const override;
  /// `hook` runs after each connect to a server (a cluster has several) with a client of that
  /// server alone, before anybody else's commands; what it sends goes first and the server counts
  /// as connected when all of it has been answered. Add hooks before start().
  void on_connect(ConnectHook hook);
  void send(Command command, Callback done) override;
  /// Ends it for good; commands without a reply get Cancelled.
  void close();

 private:
  std::unique_ptr<Backend> backend_;
};

}  // namespace pbx::redis
