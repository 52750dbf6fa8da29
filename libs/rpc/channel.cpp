#include "rpc/channel.hpp"

#include <grpcpp/client_context.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/support/channel_arguments.h>
#include <netdb.h>
#include <sys/socket.h>

#include <stdexcept>

#include "pbx/config/v1/common.pb.h"
#include "rpc/detail/credentials.hpp"

namespace pbx::rpc {
namespace {

grpc::ChannelArguments arguments() {
  grpc::ChannelArguments args;
  // A server whose machine is gone is noticed within 20 s even while nothing is sent.
  args.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  args.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  args.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  args.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  args.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 1'000);
  args.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  args.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  return args;
}

struct HostPort {
  std::string host;
  std::string port;
};

HostPort split(const std::string& target) {
  const auto colon = target.rfind(':');
  if (colon == std::string::npos || colon + 1 == target.size()) {
    throw std::runtime_error{"gRPC target without a port: " + target};
  }
  auto host = target.substr(0, colon);
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  }
  return {host, target.substr(colon + 1)};
}

struct Address {
  int family = AF_UNSPEC;
  std::string text;  ///< host:port as gRPC's ipv4: and ipv6: want it.
};

Address resolve(const std::string& target) {
  const auto [host, port] = split(target);
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(host.c_str(), port.c_str(), &hints, &found) != 0 || found == nullptr) {
    throw std::runtime_error{"gRPC target cannot be resolved: " + target};
  }
  char name[NI_MAXHOST];
  char service[NI_MAXSERV];
  const int failed = getnameinfo(found->ai_addr, found->ai_addrlen, name, sizeof name, service,
                                 sizeof service, NI_NUMERICHOST | NI_NUMERICSERV);
  const int family = found->ai_family;
  freeaddrinfo(found);
  if (failed != 0) throw std::runtime_error{"gRPC target cannot be resolved: " + target};
  const std::string address = name;
  return {family, (family == AF_INET6 ? '[' + address + ']' : address) + ':' + service};
}

/// gRPC takes several addresses of one family in one target: pick_first then fails over.
std::string join_targets(const config::v1::GrpcClient& config) {
  if (config.targets().empty()) throw std::runtime_error{"gRPC client without targets"};
  if (config.targets_size() == 1) return config.targets(0);
  std::string joined;
  int family = AF_UNSPEC;
  for (const auto& target : config.targets()) {
    const auto address = resolve(target);
    if (family == AF_UNSPEC) family = address.family;
    if (family != address.family) {
      throw std::runtime_error{"gRPC targets mix IPv4 and IPv6: " + target};
    }
    if (!joined.empty()) joined += ',';
    joined += address.text;
  }
  return (family == AF_INET6 ? "ipv6:" : "ipv4:") + joined;
}

const config::v1::Tls* tls_of(const config::v1::GrpcClient& config) {
  return config.has_tls() ? &config.tls() : nullptr;
}

}  // namespace

std::shared_ptr<grpc::Channel> connect(const config::v1::GrpcClient& config) {
  auto args = arguments();
  if (config.targets_size() > 1 && config.has_tls()) {
    // Addresses stand in the target, so the certificate is checked against the first name.
    args.SetSslTargetNameOverride(split(config.targets(0)).host);
  }
  return grpc::CreateCustomChannel(join_targets(config),
                                   detail::channel_credentials(tls_of(config)), args);
}

void prepare(grpc::ClientContext& context, std::chrono::milliseconds timeout,
             const Credentials& credentials, const Caller& caller) {
  context.set_deadline(std::chrono::system_clock::now() + timeout);
  context.AddMetadata("authorization", "Bearer " + credentials.token(caller).reveal());
}

}  // namespace pbx::rpc
