#pragma once

#include <poll.h>
#include <prometheus/counter.h>

#include <cstddef>
#include <functional>
#include <mutex>
#include <span>
#include <stop_token>
#include <string_view>
#include <thread>
#include <vector>

#include "net/address.hpp"
#include "net/sockets.hpp"

namespace pbx::rpc::detail {

/// Accepts the connections of a gRPC server, a bounded number. gRPC's own listener has no bound and
/// gives up for ever at the first error, such as no descriptor being left. When all places are
/// taken the oldest connection over which nobody has proved who it is makes room; when there is
/// none, the newcomer is closed. Has a thread of its own.
class Acceptor {
 public:
  /// Owns the descriptor from then on. Called on the acceptor's thread.
  using Take = std::function<void(int fd)>;

  /// Listens; throws std::system_error that names the address. `refused` counts what had to go.
  Acceptor(const net::Address& listen, std::size_t most, prometheus::Counter& refused, Take take);
  ~Acceptor();
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;

  /// Accepts nothing more; waits for the thread.
  void stop();

  net::Address local() const { return net::local_address(listening_.get()); }
  /// A caller has proved itself over the connection that gRPC calls `peer`, "fd:12". Any thread.
  void trust(std::string_view peer);

 private:
  /// gRPC has the socket by `fd` and does not tell when it closes it: `held` is a second descriptor
  /// of the same socket, which shows that, and by which it can be shut down safely.
  struct Connection {
    int fd = -1;
    net::Fd held;
    bool trusted = false;
  };

  void run(const std::stop_token& stop);
  void drop_closed(std::span<const pollfd> states);
  void accept_all();
  bool make_room();
  void take(net::Fd accepted);

  const std::size_t most_;
  prometheus::Counter& refused_;
  const Take take_;
  net::Fd listening_;
  net::Fd wake_;
  bool pause_ = false;  ///< No descriptor is left: accept again in a moment.
  /// Only the acceptor's thread adds and removes; trust() marks.
  std::mutex mutex_;
  std::vector<Connection> connections_;  ///< Oldest first.
  std::jthread thread_;
};

}  // namespace pbx::rpc::detail
