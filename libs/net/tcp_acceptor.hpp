#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>

#include "net/sockets.hpp"

namespace prometheus {
class Counter;
}

namespace pbx::net {

/// Accepts in batches. When the process is out of descriptors it asks for one and pauses instead of
/// spinning.
class TcpAcceptor : public std::enable_shared_from_this<TcpAcceptor> {
 public:
  using OnAccept = std::function<void(Fd, const Address& peer)>;
  /// The process has no descriptor left: one may be given up for the connection that waits.
  using OnExhausted = std::function<void()>;

  TcpAcceptor(boost::asio::io_context& loop, Fd listening, OnAccept on_accept,
              prometheus::Counter& errors, OnExhausted on_exhausted = {});

  const Address& local() const { return local_; }
  void start();
  void close();

 private:
  void accept_waiting();
  void pause();

  const Address local_;
  boost::asio::posix::stream_descriptor socket_;
  boost::asio::steady_timer pause_;
  OnAccept on_accept_;
  OnExhausted on_exhausted_;
  prometheus::Counter& errors_;
  bool closed_ = false;
};

}  // namespace pbx::net
