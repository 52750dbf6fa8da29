#pragma once

#include <string>

#include "rpc/gate.hpp"
#include "rpc/identity.hpp"

namespace pbx::runtime {

class Application;

/// Who may call this service: by the public keys in the secret `caller_keys`. Throws StartError.
rpc::Gate gate_of(const Application& app);
/// This service towards `audience`: by its private key in the secret `identity_key`. Throws
/// StartError.
rpc::Credentials credentials_of(const Application& app, std::string audience);

}  // namespace pbx::runtime
