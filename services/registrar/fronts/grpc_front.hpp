#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "rpc/server.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::directory {
class Directory;
}

namespace pbx::registrar {

class Administration;

/// pbx.registrar.v1.Registrar: operators' calls, each served by one worker.
class GrpcFront {
 public:
  /// A caller reaches the tenants within its scope, as `directory` knows them.
  GrpcFront(const config::v1::GrpcServer& config, rpc::Gate gate,
            const directory::Directory& directory, prometheus::Registry& registry);
  ~GrpcFront();
  GrpcFront(const GrpcFront&) = delete;
  GrpcFront& operator=(const GrpcFront&) = delete;

  /// Called by each worker on its thread, before start(). What is named must outlive stop().
  void serve_on(boost::asio::io_context& loop, Administration& administration);
  /// Throws std::runtime_error when the port is taken.
  void start();
  const std::string& address() const { return server_.address(); }
  /// Cancels what is still open at the deadline and waits for its end. Harmless again.
  void stop(std::chrono::milliseconds deadline);

 private:
  class Service;

  rpc::Server server_;
  std::unique_ptr<Service> service_;
};

}  // namespace pbx::registrar
