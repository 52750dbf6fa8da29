#include "rpc/server.hpp"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/server_posix.h>
#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <vector>

#include "pbx/config/v1/common.pb.h"
#include "rpc/detail/acceptor.hpp"
#include "rpc/detail/credentials.hpp"
#include "telemetry/metrics.hpp"

namespace pbx::rpc {
namespace {

using Steady = std::chrono::steady_clock;

// For what people and services ask now and then; bulk goes by streams of our own (BatchServer).
constexpr std::size_t kMostConnections = 32;
constexpr int kConnectionIdleMs = 60'000;
constexpr int kMostCallsAConnection = 64;
constexpr int kMostRequestBytes = 256 * 1024;
constexpr std::size_t kMemoryBytes = 64 * 1024 * 1024;

const char* code_name(grpc::StatusCode code) {
  constexpr const char* kNames[] = {"OK",
                                    "CANCELLED",
                                    "UNKNOWN",
                                    "INVALID_ARGUMENT",
                                    "DEADLINE_EXCEEDED",
                                    "NOT_FOUND",
                                    "ALREADY_EXISTS",
                                    "PERMISSION_DENIED",
                                    "RESOURCE_EXHAUSTED",
                                    "FAILED_PRECONDITION",
                                    "ABORTED",
                                    "OUT_OF_RANGE",
                                    "UNIMPLEMENTED",
                                    "INTERNAL",
                                    "UNAVAILABLE",
                                    "DATA_LOSS",
                                    "UNAUTHENTICATED"};
  const auto index = static_cast<std::size_t>(code);
  return index < std::size(kNames) ? kNames[index] : "UNKNOWN";
}

/// Tells the authorizer what one unary call is for, and counts it when its status is sent.
class UnaryCall final : public grpc::experimental::Interceptor {
 public:
  UnaryCall(prometheus::Registry& registry, Authorizer& authorizer,
            grpc::experimental::ServerRpcInfo& call)
      : registry_{registry}, authorizer_{authorizer}, context_{call.server_context()} {
    const std::string_view name = call.method();  // lives with its service
    method_ = name.substr(name.rfind('/') + 1);
    authorizer_.begin(context_, name);
  }
  ~UnaryCall() override { authorizer_.end(context_); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    using Point = grpc::experimental::InterceptionHookPoints;
    if (methods->QueryInterceptionHookPoint(Point::PRE_SEND_STATUS)) {
      count(methods->GetSendStatus().error_code());
    }
    methods->Proceed();
  }

 private:
  void count(grpc::StatusCode code) {
    const std::chrono::duration<double> took = Steady::now() - began_;
    telemetry::counter(registry_, "pbx_rpc_calls_total", "Unary calls answered, by status code",
                       {{"method", method_}, {"code", code_name(code)}})
        .Increment();
    telemetry::histogram(registry_, "pbx_rpc_call_seconds", "Time to answer a unary call",
                         telemetry::latency_buckets(), {{"method", method_}})
        .Observe(took.count());
  }

  prometheus::Registry& registry_;
  Authorizer& authorizer_;
  const grpc::ServerContextBase* const context_;
  std::string method_;
  const Steady::time_point began_ = Steady::now();
};

class UnaryCalls final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  UnaryCalls(prometheus::Registry& registry, Authorizer& authorizer)
      : registry_{registry}, authorizer_{authorizer} {}

  /// Only methods of registered services come here, so the label's set is closed. Streams would pay
  /// for each message; they count for themselves.
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* call) override {
    if (call->type() != grpc::experimental::ServerRpcInfo::Type::UNARY) return nullptr;
    return new UnaryCall{registry_, authorizer_, *call};
  }

 private:
  prometheus::Registry& registry_;
  Authorizer& authorizer_;
};

}  // namespace

struct Server::Impl {
  Impl(std::string address, prometheus::Registry& registry)
      : listen{std::move(address)},
        refused{telemetry::counter(registry, "pbx_rpc_connections_refused_total",
                                   "Connections that were closed because too many were open")} {}

  const std::string listen;
  grpc::ServerBuilder builder;
  int port = 0;
  std::optional<net::Address> plain;  ///< Accepted by ourselves.
  prometheus::Counter& refused;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<detail::Acceptor> acceptor;
};

Server::Server(const config::v1::GrpcServer& config, Gate gate, prometheus::Registry& registry)
    : authorizer_{std::move(gate)}, impl_{std::make_unique<Impl>(config.listen(), registry)} {
  auto& builder = impl_->builder;
  const auto* tls = config.has_tls() ? &config.tls() : nullptr;
  if (const auto address = net::Address::parse(config.listen()); tls == nullptr && address) {
    impl_->plain = *address;
  }
  if (!impl_->plain) {
    builder.AddListeningPort(config.listen(), detail::server_credentials(tls), &impl_->port);
  }
  // Two processes on one port would share its connections silently.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostCallsAConnection);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kConnectionIdleMs);
  builder.SetMaxReceiveMessageSize(kMostRequestBytes);
  grpc::ResourceQuota quota{"pbx-rpc"};
  builder.SetResourceQuota(quota.Resize(kMemoryBytes));
  std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(std::make_unique<UnaryCalls>(registry, authorizer_));
  builder.experimental().SetInterceptorCreators(std::move(interceptors));
}

Server::~Server() { stop(std::chrono::milliseconds{0}); }

void Server::add(grpc::Service& service) { impl_->builder.RegisterService(&service); }

void Server::start() {
  impl_->server = impl_->builder.BuildAndStart();
  if (!impl_->server || (impl_->port <= 0 && !impl_->plain)) {
    throw std::runtime_error{"cannot listen for gRPC on " + impl_->listen};
  }
  if (impl_->plain) accept();
  const auto host = impl_->listen.substr(0, impl_->listen.rfind(':'));
  address_ = host + ':' + std::to_string(impl_->port);
}

void Server::accept() {
  try {
    impl_->acceptor = std::make_unique<detail::Acceptor>(
        *impl_->plain, kMostConnections, impl_->refused,
        [server = impl_->server.get()](int fd) { grpc::AddInsecureChannelFromFd(server, fd); });
  } catch (const std::system_error&) {
    throw std::runtime_error{"cannot listen for gRPC on " + impl_->listen};
  }
  impl_->port = impl_->acceptor->local().port();
  authorizer_.on_admitted(
      [acceptor = impl_->acceptor.get()](const std::string& peer) { acceptor->trust(peer); });
}

void Server::stop(std::chrono::milliseconds deadline) {
  if (!impl_->server) return;
  if (impl_->acceptor) impl_->acceptor->stop();
  impl_->server->Shutdown(std::chrono::system_clock::now() + deadline);
  impl_->server->Wait();
  impl_->server.reset();
  impl_->acceptor.reset();
}

}  // namespace pbx::rpc
