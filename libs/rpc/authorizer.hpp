#pragma once

#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "rpc/caller.hpp"
#include "rpc/gate.hpp"

namespace grpc {
class ServerContextBase;
}  // namespace grpc

namespace pbx::rpc {

/// A gRPC server's way to its gate: reads `authorization: Bearer <token>` and knows which method a
/// call is for. Safe to use from any thread.
class Authorizer {
 public:
  explicit Authorizer(Gate gate) : gate_{std::move(gate)} {}

  /// Told of each caller that is admitted: the peer, as gRPC names it. Before the first call.
  void on_admitted(std::function<void(const std::string& peer)> listener) {
    on_admitted_ = std::move(listener);
  }

  /// As Gate::admit. A call that never began is refused.
  Result<Caller> check(const grpc::ServerContextBase& context) const;

  /// By Server's interceptor: `method` as on the wire, of static life. gRPC tells it there alone.
  void begin(const grpc::ServerContextBase* call, std::string_view method);
  void end(const grpc::ServerContextBase* call);

 private:
  std::string_view method_of(const grpc::ServerContextBase& context) const;

  const Gate gate_;
  std::function<void(const std::string& peer)> on_admitted_;
  mutable std::mutex mutex_;
  std::unordered_map<const grpc::ServerContextBase*, std::string_view> calls_;
};

}  // namespace pbx::rpc
