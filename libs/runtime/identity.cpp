#include "runtime/identity.hpp"

#include <utility>

#include "runtime/application.hpp"
#include "runtime/secrets.hpp"

namespace pbx::runtime {

rpc::Gate gate_of(const Application& app) {
  auto keys = rpc::CallerKeys::parse(app.secret("caller_keys").reveal());
  if (keys) return rpc::Gate{app.service(), *std::move(keys), app.clock()};
  throw StartError{secret_variable("caller_keys") +
                   ": use names and public keys, \"proxy:KEY,operator:KEY\", each key the 32 bytes "
                   "of an Ed25519 key as base64url"};
}

rpc::Credentials credentials_of(const Application& app, std::string audience) {
  const auto identity = rpc::Identity::parse(app.service(), app.secret("identity_key"));
  if (identity) return {*identity, std::move(audience), app.clock()};
  throw StartError{secret_variable("identity_key") +
                   ": use a private key, the 32 bytes of an Ed25519 key as base64url"};
}

}  // namespace pbx::runtime
