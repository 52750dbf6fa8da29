#pragma once

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <memory>

namespace pbx::config::v1 {
class Tls;
}

// Null: no TLS. Throws std::runtime_error when a file cannot be read.
namespace pbx::rpc::detail {

/// Clients must show a certificate signed by `ca_file` when that is set.
std::shared_ptr<grpc::ServerCredentials> server_credentials(const config::v1::Tls* tls);
/// `ca_file` (empty: the system's) checks the server; certificate and key are shown when set.
std::shared_ptr<grpc::ChannelCredentials> channel_credentials(const config::v1::Tls* tls);

}  // namespace pbx::rpc::detail
