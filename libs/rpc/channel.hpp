#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "rpc/identity.hpp"

namespace grpc {
class Channel;
class ClientContext;
}  // namespace grpc
namespace pbx::config::v1 {
class GrpcClient;
}

namespace pbx::rpc {

/// A channel to the first server of `config.targets` that answers; when it goes, to the next.
/// Several targets that are host names are resolved once, here; one host name is followed by gRPC's
/// own resolver. Does not wait for a connection. Throws std::runtime_error: no target, an unknown
/// host, a certificate that cannot be read. Who makes a stub of it includes <grpcpp/channel.h>.
std::shared_ptr<grpc::Channel> connect(const config::v1::GrpcClient& config);

/// What every unary call sets: its deadline, and who makes it on whose behalf.
void prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout,
             const Credentials& credentials, const Caller& caller = {});

}  // namespace pbx::rpc
