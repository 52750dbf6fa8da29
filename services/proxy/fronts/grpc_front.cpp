#include "proxy/fronts/grpc_front.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <utility>

#include "directory/scope.hpp"
#include "model/account_path.hpp"
#include "pbx/config/v1/common.pb.h"
#include "pbx/proxy/v1/proxy.grpc.pb.h"
#include "rpc/channel.hpp"
#include "rpc/server.hpp"
#include "rpc/status.hpp"
#include "rpc/unary.hpp"

namespace pbx::proxy {
namespace {

constexpr std::chrono::milliseconds kAskTimeout{2'000};
const grpc::Status kPlatformOnly{grpc::StatusCode::PERMISSION_DENIED,
                                 "Nodes are shown to the platform alone."};

/// `unknown` tells a person what NotFound means here; an outage speaks for itself.
grpc::Status refusal(std::error_code error, const char* unknown) {
  return error == Errc::NotFound ? rpc::to_status(error, unknown) : rpc::to_status(error);
}

}  // namespace

class GrpcFront::Service final : public v1::Proxy::CallbackService {
 public:
  Service(rpc::Server& server, boost::asio::io_context& loop, CallDesk& desk,
          const directory::Directory& directory)
      : authorizer_{server.authorizer()}, loop_{loop}, desk_{desk}, directory_{directory} {}

  grpc::ServerUnaryReactor* ListCalls(grpc::CallbackServerContext* context,
                                      const v1::ListCallsRequest* request,
                                      v1::ListCallsResponse* response) override {
    return answer(context, [this, request, response](const rpc::Caller& caller, auto finish) {
      const auto& wanted = request->page();
      desk_.list(TenantId{request->tenant_id()}, seen_by(caller), wanted.size(), wanted.token(),
                 [response, finish](Result<CallDesk::Page> page) {
                   if (!page) return finish(refusal(page.error(), "There is no such tenant."));
                   for (auto& call : page->calls) {
                     call.clear_early();
                     *response->add_calls() = std::move(call);
                   }
                   response->set_next_token(page->next_token);
                   finish(grpc::Status::OK);
                 });
    });
  }

  grpc::ServerUnaryReactor* GetCall(grpc::CallbackServerContext* context,
                                    const v1::GetCallRequest* request,
                                    state::v1::DialogRecord* response) override {
    return answer(context, [this, request, response](const rpc::Caller& caller, auto finish) {
      desk_.get(request->call_id(), seen_by(caller),
                [response, finish](Result<state::v1::DialogRecord> record) {
                  if (!record) return finish(refusal(record.error(), "There is no such call."));
                  *response = *std::move(record);
                  response->clear_early();
                  finish(grpc::Status::OK);
                });
    });
  }

  grpc::ServerUnaryReactor* HangUp(grpc::CallbackServerContext* context,
                                   const v1::HangUpRequest* request, v1::HangUpResponse*) override {
    return answer(context, [this, request](const rpc::Caller& caller, auto finish) {
      desk_.hang_up(
          request->call_id(), seen_by(caller), request->reason(), [finish](const Result<>& ended) {
            finish(ended ? grpc::Status::OK
                         : refusal(ended.error(), "There is no such call, or it has ended."));
          });
    });
  }

  grpc::ServerUnaryReactor* ListNodes(grpc::CallbackServerContext* context,
                                      const v1::ListNodesRequest* request,
                                      v1::ListNodesResponse* response) override {
    return answer(context, [this, request, response](const rpc::Caller& caller, auto finish) {
      if (!caller.scope.empty() && caller.scope != kPlatformPath) return finish(kPlatformOnly);
      list_nodes(request->service(), *response, std::move(finish));
    });
  }

 private:
  template <class Work>
  grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, Work work) {
    return rpc::answer_later(loop_, context, authorizer_, std::move(work));
  }

  CallDesk::Sees seen_by(const rpc::Caller& caller) const {
    return [this, scope = caller.scope](TenantId tenant) {
      return bool{directory::covers(directory_, scope, tenant)};
    };
  }

  void list_nodes(const std::string& service, v1::ListNodesResponse& response, rpc::Finish finish) {
    static const std::vector<std::string> kAll{"proxy", "registrar", "provisioning", "billing"};
    const auto services = std::make_shared<std::vector<std::string>>(
        service.empty() ? kAll : std::vector<std::string>{service});
    list_nodes_from(services, 0, response, std::move(finish));
  }

  void list_nodes_from(std::shared_ptr<std::vector<std::string>> services, std::size_t at,
                       v1::ListNodesResponse& response, rpc::Finish finish) {
    if (at == services->size()) return finish(grpc::Status::OK);
    desk_.nodes((*services)[at], [this, services, at, &response,
                                  finish](Result<std::vector<state::v1::Node>> nodes) {
      if (!nodes) return finish(rpc::to_status(nodes.error()));
      for (auto& node : *nodes) *response.add_nodes() = std::move(node);
      list_nodes_from(services, at + 1, response, finish);
    });
  }

  const rpc::Authorizer& authorizer_;
  boost::asio::io_context& loop_;
  CallDesk& desk_;
  const directory::Directory& directory_;
};

GrpcFront::GrpcFront(rpc::Server& server, boost::asio::io_context& loop, CallDesk& desk,
                     const directory::Directory& directory)
    : service_{std::make_unique<Service>(server, loop, desk, directory)} {
  server.add(*service_);
}

GrpcFront::~GrpcFront() = default;

void ask_to_hang_up(boost::asio::io_context& loop, const rpc::Credentials& credentials,
                    const std::string& grpc, const std::string& call_id, const std::string& reason,
                    CallDesk::Done<void> done) {
  struct Ask {
    grpc::ClientContext context;
    std::shared_ptr<grpc::Channel> channel;
    std::unique_ptr<v1::Proxy::Stub> stub;
    v1::HangUpRequest request;
    v1::HangUpResponse response;
    CallDesk::Done<void> done;
  };
  config::v1::GrpcClient target;
  target.add_targets(grpc);
  auto ask = std::make_shared<Ask>();
  ask->channel = rpc::connect(target);
  ask->stub = v1::Proxy::NewStub(ask->channel);
  ask->request.set_call_id(call_id);
  ask->request.set_reason(reason);
  ask->done = std::move(done);
  rpc::prepare(ask->context, kAskTimeout, credentials);
  auto& calls = *ask->stub->async();
  calls.HangUp(&ask->context, &ask->request, &ask->response, [ask, &loop](grpc::Status status) {
    boost::asio::post(loop, [ask, error = rpc::from_status(status)] {
      ask->done(error ? Result<>{error} : Result<>{});
    });
  });
}

}  // namespace pbx::proxy
