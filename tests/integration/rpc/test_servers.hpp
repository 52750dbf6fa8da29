#pragma once

#include <prometheus/registry.h>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "pbx/config/v1/common.pb.h"
#include "pbx/registrar/v1/registrar.grpc.pb.h"
#include "rpc/batch_server.hpp"
#include "rpc/server.hpp"
#include "rpc/unary.hpp"
#include "support/test_identities.hpp"
#include "telemetry/metrics.hpp"

namespace pbx::test {

namespace asio = boost::asio;
inline constexpr const char* kService = "registrar";
inline constexpr const char* kMethod = "RegisterStream";

/// A loop on a thread of its own.
class LoopThread {
 public:
  ~LoopThread() {
    guard_.reset();
    context_.stop();
    thread_.join();
  }
  asio::io_context& context() { return context_; }

 private:
  asio::io_context context_{1};
  asio::executor_work_guard<asio::io_context::executor_type> guard_{context_.get_executor()};
  std::thread thread_{[this] { context_.run(); }};
};

using Api = registrar::v1::Registrar;

/// A series' value; -1 when there is none.
inline double metric_of(const prometheus::Registry& registry, const std::string& line) {
  const auto text = telemetry::expose(registry);
  const auto at = text.find(line + " ");
  return at == std::string::npos ? -1 : std::stod(text.substr(at + line.size() + 1));
}

/// Answers each item as `answer` says; unary methods answer what they were asked.
class EchoService final : public Api::WithCallbackMethod_ListBindings<
                              Api::WithCallbackMethod_RemoveBindings<Api::Service>> {
 public:
  EchoService(const rpc::Authorizer& authorizer, asio::io_context& loop)
      : authorizer_{authorizer}, loop_{loop} {}

  grpc::ServerUnaryReactor* ListBindings(grpc::CallbackServerContext* context,
                                         const registrar::v1::ListBindingsRequest* request,
                                         registrar::v1::ListBindingsResponse* response) override {
    return rpc::answer(context, authorizer_, [=](const rpc::Caller& caller) -> grpc::Status {
      if (request->aor() == "nobody") return rpc::to_status(Errc::NotFound, "no such AoR");
      response->set_next_token(caller.identity + "|" + caller.actor + "|" + caller.scope);
      return grpc::Status::OK;
    });
  }
  grpc::ServerUnaryReactor* RemoveBindings(
      grpc::CallbackServerContext* context, const registrar::v1::RemoveBindingsRequest* request,
      registrar::v1::RemoveBindingsResponse* response) override {
    auto remove = [=](const rpc::Caller&) {
      response->set_removed(static_cast<std::uint32_t>(request->tenant_id()));
      return grpc::Status::OK;
    };
    return rpc::answer_on(loop_, context, authorizer_, remove);
  }

 private:
  const rpc::Authorizer& authorizer_;
  asio::io_context& loop_;
};

inline config::v1::GrpcServer listen_on(const std::string& address) {
  config::v1::GrpcServer config;
  config.set_listen(address);
  return config;
}

/// A server of unary methods in small.
class UnaryServer {
 public:
  explicit UnaryServer(const config::v1::GrpcServer& config = listen_on("127.0.0.1:0"))
      : server{config, identities().gate(kService), registry},
        service{server.authorizer(), worker.context()} {
    server.add(service);
    server.start();
  }
  ~UnaryServer() { server.stop(std::chrono::milliseconds{0}); }

  prometheus::Registry registry;
  LoopThread worker;
  rpc::Server server;
  EchoService service;
};

/// A server of streams in small: two workers.
class EchoServer {
 public:
  using Peer = std::shared_ptr<rpc::BatchPeer>;
  using Handler = std::function<void(const Peer&, const registrar::v1::RegisterRequest&)>;

  explicit EchoServer(Handler handler, const std::string& listen = "127.0.0.1:0",
                      rpc::BatchServerOptions options = {kMethod})
      : EchoServer{std::move(handler), stream_at(listen), std::move(options)} {}

  EchoServer(Handler handler, const config::v1::StreamServer& config,
             rpc::BatchServerOptions options = {kMethod})
      : batches{config, identities().gate(kService), std::move(options), registry} {
    for (auto& worker : workers) {
      batches.serve_on(worker.context(), [handler](const Peer& peer, std::string_view item) {
        registrar::v1::RegisterRequest request;
        if (!request.ParseFromArray(item.data(), static_cast<int>(item.size()))) {
          return peer->skip();
        }
        handler(peer, request);
      });
    }
    batches.start();
  }
  ~EchoServer() { batches.stop(); }

  static config::v1::StreamServer stream_at(const std::string& address) {
    config::v1::StreamServer config;
    config.set_listen(address);
    return config;
  }

  std::string address() const { return batches.address(); }
  double metric(const std::string& line) const { return metric_of(registry, line); }

  prometheus::Registry registry;
  LoopThread workers[2];
  rpc::BatchServer batches;
};

/// Answers at once, with `code`.
inline EchoServer::Handler answer_with(std::uint32_t code) {
  return [code](const EchoServer::Peer& peer, const registrar::v1::RegisterRequest& request) {
    registrar::v1::RegisterReply reply;
    reply.set_id(request.id());
    reply.set_code(code);
    reply.set_reason(request.message());
    peer->reply(reply);
  };
}

inline rpc::Credentials as_operator() { return identities().credentials("operator", kService); }
inline rpc::Credentials as_proxy() { return identities().credentials("proxy", kService); }

inline config::v1::GrpcClient client_of(std::initializer_list<std::string> targets) {
  config::v1::GrpcClient config;
  for (const auto& target : targets) config.add_targets(target);
  return config;
}

inline config::v1::StreamClient streams_to(std::initializer_list<std::string> targets) {
  config::v1::StreamClient config;
  for (const auto& target : targets) config.add_targets(target);
  return config;
}

}  // namespace pbx::test
