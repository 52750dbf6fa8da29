#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "core/secret.hpp"

namespace grpc {
class ClientContext;
class ServerContextBase;
}  // namespace grpc

namespace pbx::rpc {

/// On whose behalf a call is made: metadata `pbx-actor` ("alice@north", for the history) and
/// `pbx-scope` (an account path, "1.4"; empty: the whole platform).
struct Caller {
  std::string actor;
  std::string scope;
};

/// Checks `authorization: Bearer <token>` in constant time. Safe to use from any thread.
class Authorizer {
 public:
  explicit Authorizer(Secret token) : token_{std::move(token)} {}

  /// Errc::Unauthenticated without the token. An empty token on this side lets nobody in.
  Result<Caller> check(const grpc::ServerContextBase& context) const;
  /// The same for a token by itself, as a stream's greeting carries it.
  bool admits(std::string_view token) const;

 private:
  Secret token_;
};

/// The client's side: adds what check() reads. Empty fields are left out.
void add_caller(grpc::ClientContext& context, const Secret& token, const Caller& caller = {});

}  // namespace pbx::rpc
