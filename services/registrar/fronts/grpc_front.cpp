#include "registrar/fronts/grpc_front.hpp"

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <mutex>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "directory/scope.hpp"
#include "pbx/config/v1/common.pb.h"
#include "pbx/registrar/v1/registrar.grpc.pb.h"
#include "registrar/domain/administration.hpp"
#include "rpc/unary.hpp"

namespace pbx::registrar {
namespace {

using Api = v1::Registrar;

struct Worker {
  boost::asio::io_context& loop;
  Administration& administration;
};

/// Copies a result into a unary call's response.
template <class Response>
auto answer_to(Response* response, rpc::Finish finish) {
  return [response, finish = std::move(finish)](Result<Response> result) {
    if (result) *response = *std::move(result);
    finish(rpc::to_status(result.error()));
  };
}

}  // namespace

class GrpcFront::Service final : public Api::WithCallbackMethod_ListBindings<
                                     Api::WithCallbackMethod_RemoveBindings<Api::Service>> {
 public:
  Service(const rpc::Authorizer& authorizer, const directory::Directory& directory)
      : authorizer_{authorizer}, directory_{directory} {}

  void add(Worker worker) {
    const std::lock_guard lock{mutex_};
    workers_.push_back(worker);
  }

  grpc::ServerUnaryReactor* ListBindings(grpc::CallbackServerContext* context,
                                         const v1::ListBindingsRequest* request,
                                         v1::ListBindingsResponse* response) override {
    auto& worker = next_worker();
    auto list = [=, this, &worker](const rpc::Caller& caller, rpc::Finish finish) {
      if (const auto status = reach(caller, request->tenant_id()); !status.ok()) {
        return finish(status);
      }
      worker.administration.list(*request, answer_to(response, std::move(finish)));
    };
    return rpc::answer_later(worker.loop, context, authorizer_, std::move(list));
  }

  grpc::ServerUnaryReactor* RemoveBindings(grpc::CallbackServerContext* context,
                                           const v1::RemoveBindingsRequest* request,
                                           v1::RemoveBindingsResponse* response) override {
    auto& worker = next_worker();
    auto remove = [=, this, &worker](const rpc::Caller& caller, rpc::Finish finish) {
      if (const auto status = reach(caller, request->tenant_id()); !status.ok()) {
        return finish(status);
      }
      worker.administration.remove(*request, answer_to(response, std::move(finish)));
    };
    return rpc::answer_later(worker.loop, context, authorizer_, std::move(remove));
  }

 private:
  grpc::Status reach(const rpc::Caller& caller, std::uint64_t tenant) const {
    const auto error = directory::covers(directory_, caller.scope, TenantId{tenant}).error();
    const bool elsewhere = error == Errc::NotFound;
    return rpc::to_status(error, elsewhere ? "There is no such tenant." : "");
  }

  Worker& next_worker() { return workers_[next_++ % workers_.size()]; }

  const rpc::Authorizer& authorizer_;
  const directory::Directory& directory_;
  std::mutex mutex_;
  std::vector<Worker> workers_;  ///< Complete before the server starts.
  std::atomic<std::size_t> next_{0};
};

GrpcFront::GrpcFront(const config::v1::GrpcServer& config, rpc::Gate gate,
                     const directory::Directory& directory, prometheus::Registry& registry)
    : server_{config, std::move(gate), registry},
      service_{std::make_unique<Service>(server_.authorizer(), directory)} {
  server_.add(*service_);
}

GrpcFront::~GrpcFront() { stop(std::chrono::milliseconds{0}); }

void GrpcFront::serve_on(boost::asio::io_context& loop, Administration& administration) {
  service_->add({loop, administration});
}

void GrpcFront::start() { server_.start(); }

void GrpcFront::stop(std::chrono::milliseconds deadline) { server_.stop(deadline); }

}  // namespace pbx::registrar
