#pragma once

#include "rpc/batch_server.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::registrar {

class Registrar;

/// The proxies' streams of REGISTERs. Each is served by one worker, on its loop.
class StreamFront {
 public:
  StreamFront(const config::v1::StreamServer& config, rpc::Gate gate,
              prometheus::Registry& registry);

  /// Called by each worker on its thread, before start(). What is named must outlive stop().
  void serve_on(boost::asio::io_context& loop, Registrar& registrar);
  /// Throws std::runtime_error when the port is taken.
  void start() { batches_.start(); }
  const std::string& address() const { return batches_.address(); }
  /// No new work; streams end when what they asked is answered.
  void drain() { batches_.drain(); }
  bool drained() const { return batches_.streams() == 0; }
  /// Closes what is still open. Not from a worker's thread. Harmless again.
  void stop() { batches_.stop(); }

 private:
  rpc::BatchServer batches_;
};

}  // namespace pbx::registrar
