#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "rpc/authorizer.hpp"

namespace grpc {
class Service;
}
namespace prometheus {
class Registry;
}
namespace pbx::config::v1 {
class GrpcServer;
}

namespace pbx::rpc {

/// A gRPC server, plain or mutual TLS, counting every unary call by method and code; who may call
/// what, `gate` says. Services use the callback API (unary.hpp). Threads are gRPC's own. Without
/// TLS its connections are bounded and strangers make room (detail/acceptor.hpp); with TLS gRPC
/// accepts them itself, without a bound.
class Server {
 public:
  Server(const config::v1::GrpcServer& config, Gate gate, prometheus::Registry& registry);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  const Authorizer& authorizer() const { return authorizer_; }

  /// Before start(). The service must outlive stop().
  void add(grpc::Service& service);
  /// Throws std::runtime_error: the port is taken, a certificate cannot be read.
  void start();
  /// host:port really listened on, after start(); for port 0 the one that was chosen.
  const std::string& address() const { return address_; }
  /// Takes no new call; calls still open at the deadline are cancelled. Blocks; harmless again.
  void stop(std::chrono::milliseconds deadline);

 private:
  struct Impl;

  void accept();

  Authorizer authorizer_;
  std::string address_;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::rpc
