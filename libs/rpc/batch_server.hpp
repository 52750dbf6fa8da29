#pragma once

#include <boost/asio/io_context.hpp>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "rpc/gate.hpp"

namespace google::protobuf {
class MessageLite;
}
namespace prometheus {
class Registry;
}
namespace pbx::config::v1 {
class StreamServer;
}

namespace pbx::rpc {

namespace detail {
class BatchListener;
}

struct BatchServerOptions {
  std::string method;  ///< What clients must ask for; for the metrics too: "RegisterStream".
  /// Items of one stream that are not answered yet; above, reading stops until half are.
  std::size_t max_in_flight = 8'192;
  std::size_t max_streams = 1'024;        ///< Above: refused.
  std::size_t max_message = 16'000'000;   ///< Bytes of one batch that is received.
  std::size_t reply_message = 1'000'000;  ///< Of one that is written; a larger item goes alone.
};

/// The other end of one stream, as the worker that serves it sees it: used on that worker's thread
/// only. Each item is owed exactly one reply() or skip().
class BatchPeer {
 public:
  virtual ~BatchPeer() = default;

  /// Goes out with all replies of this turn of the loop. Harmless after the stream has gone.
  virtual void reply(const google::protobuf::MessageLite& item) = 0;
  /// The item has no answer: it could not be read, so has no id.
  virtual void skip() = 0;
};

/// Server of a batched stream over TCP, plain or mutual TLS. Each connection belongs to one worker
/// and runs on its loop alone; a new one goes to the worker that has fewest. Who may open one,
/// `gate` says, of its greeting: a stream outlives its token.
class BatchServer {
 public:
  /// Called on the worker's thread for each item, `item` being valid during the call.
  using Handler =
      std::function<void(const std::shared_ptr<BatchPeer>& peer, std::string_view item)>;

  /// Throws std::exception when a certificate cannot be read.
  BatchServer(const config::v1::StreamServer& config, Gate gate, BatchServerOptions options,
              prometheus::Registry& registry);
  /// After stop(), or after the loops have gone.
  ~BatchServer();
  BatchServer(const BatchServer&) = delete;
  BatchServer& operator=(const BatchServer&) = delete;

  /// Adds a worker. Any thread; before start(). Handler and loop must outlive stop().
  void serve_on(boost::asio::io_context& loop, Handler handler);

  /// Listens; the first worker's loop accepts. Throws std::runtime_error when the port is taken.
  void start();
  /// host:port really listened on, after start(); for port 0 the one that was chosen.
  const std::string& address() const { return address_; }

  /// Takes no more items and no new stream; each stream ends when what it was asked is answered, so
  /// that its client goes to another server. Any thread.
  void drain();
  std::size_t streams() const;
  /// Closes everything. Waits for the workers, so not from one of them. Harmless again.
  void stop();

 private:
  const std::string listen_;
  std::string address_;
  std::shared_ptr<detail::BatchListener> listener_;
};

}  // namespace pbx::rpc
