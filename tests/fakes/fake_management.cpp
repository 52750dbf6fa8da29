#include "fakes/fake_management.hpp"

#include <cassert>

#include "fakes/fake_management_rules.hpp"
#include "pbx/billing/v1/billing.grpc.pb.h"
#include "pbx/proxy/v1/proxy.grpc.pb.h"
#include "pbx/registrar/v1/registrar.grpc.pb.h"

namespace pbx::fakes {
namespace {

using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

class Registrar final : public registrar::v1::Registrar::Service {
 public:
  explicit Registrar(ManagementRules& rules) : rules_{rules} {}

  Status ListBindings(ServerContext* context, const registrar::v1::ListBindingsRequest* request,
                      registrar::v1::ListBindingsResponse* response) override {
    return rules_.answer(*context, "ListBindings", [&] {
      response->set_next_token(rules_.page(
          request->page(), rules_.cluster.bindings,
          [&](const registrar::v1::AorBindings& aor) {
            return aor.tenant_id() == request->tenant_id() &&
                   (request->aor().empty() || aor.aor() == request->aor());
          },
          response->mutable_aors()));
      return Status::OK;
    });
  }

  Status RemoveBindings(ServerContext* context, const registrar::v1::RemoveBindingsRequest* request,
                        registrar::v1::RemoveBindingsResponse* response) override {
    return rules_.answer(*context, "RemoveBindings", [&] {
      for (auto& aor : rules_.cluster.bindings) {
        if (aor.tenant_id() == request->tenant_id() && aor.aor() == request->aor()) {
          response->set_removed(remove_from(aor, request->contact()));
        }
      }
      std::erase_if(rules_.cluster.bindings,
                    [](const registrar::v1::AorBindings& aor) { return aor.bindings().empty(); });
      return Status::OK;
    });
  }

 private:
  static std::uint32_t remove_from(registrar::v1::AorBindings& aor, const std::string& contact) {
    const auto before = aor.bindings_size();
    for (int i = before - 1; i >= 0; --i) {
      if (contact.empty() || aor.bindings(i).contact() == contact) {
        aor.mutable_bindings()->DeleteSubrange(i, 1);
      }
    }
    return static_cast<std::uint32_t>(before - aor.bindings_size());
  }

  ManagementRules& rules_;
};

class Proxy final : public proxy::v1::Proxy::Service {
 public:
  explicit Proxy(ManagementRules& rules) : rules_{rules} {}

  Status ListCalls(ServerContext* context, const proxy::v1::ListCallsRequest* request,
                   proxy::v1::ListCallsResponse* response) override {
    return rules_.answer(*context, "ListCalls", [&] {
      response->set_next_token(rules_.page(
          request->page(), rules_.cluster.calls,
          [&](const state::v1::DialogRecord& call) {
            return request->tenant_id() == 0 || call.tenant_id() == request->tenant_id();
          },
          response->mutable_calls()));
      return Status::OK;
    });
  }

  Status GetCall(ServerContext* context, const proxy::v1::GetCallRequest* request,
                 state::v1::DialogRecord* response) override {
    return rules_.answer(*context, "GetCall", [&]() -> Status {
      for (const auto& call : rules_.cluster.calls) {
        if (call.call_id() != request->call_id()) continue;
        *response = call;
        return Status::OK;
      }
      return {StatusCode::NOT_FOUND, "no such call"};
    });
  }

  Status HangUp(ServerContext* context, const proxy::v1::HangUpRequest* request,
                proxy::v1::HangUpResponse*) override {
    return rules_.answer(*context, "HangUp", [&]() -> Status {
      const auto ended =
          std::erase_if(rules_.cluster.calls, [&](const state::v1::DialogRecord& call) {
            return call.call_id() == request->call_id();
          });
      if (ended == 0) return {StatusCode::NOT_FOUND, "no such call"};
      rules_.cluster.hang_ups[request->call_id()] = request->reason();
      return Status::OK;
    });
  }

  Status ListNodes(ServerContext* context, const proxy::v1::ListNodesRequest* request,
                   proxy::v1::ListNodesResponse* response) override {
    return rules_.answer(*context, "ListNodes", [&] {
      for (const auto& node : rules_.cluster.nodes) {
        if (request->service().empty() || node.service() == request->service()) {
          *response->add_nodes() = node;
        }
      }
      return Status::OK;
    });
  }

 private:
  ManagementRules& rules_;
};

class Billing final : public billing::v1::Billing::Service {
 public:
  explicit Billing(ManagementRules& rules) : rules_{rules} {}

  Status ListCdrs(ServerContext* context, const billing::v1::ListCdrsRequest* request,
                  billing::v1::ListCdrsResponse* response) override {
    return rules_.answer(*context, "ListCdrs", [&] {
      response->set_next_token(rules_.page(
          request->page(), rules_.cluster.cdrs,
          [&](const billing::v1::Cdr& cdr) { return matches(*request, cdr); },
          response->mutable_cdrs()));
      return Status::OK;
    });
  }

  Status GetCdr(ServerContext* context, const billing::v1::GetCdrRequest* request,
                billing::v1::Cdr* response) override {
    return rules_.answer(*context, "GetCdr", [&]() -> Status {
      for (const auto& cdr : rules_.cluster.cdrs) {
        if (cdr.call_id() != request->call_id()) continue;
        *response = cdr;
        return Status::OK;
      }
      return {StatusCode::NOT_FOUND, "no such call"};
    });
  }

 private:
  static bool matches(const billing::v1::ListCdrsRequest& request, const billing::v1::Cdr& cdr) {
    const auto& party = request.party();
    return (request.tenant_id() == 0 || cdr.tenant_id() == request.tenant_id()) &&
           (party.empty() || cdr.caller() == party || cdr.callee() == party) &&
           (request.from_ms() == 0 || cdr.started_at_ms() >= request.from_ms()) &&
           (request.until_ms() == 0 || cdr.started_at_ms() < request.until_ms());
  }

  ManagementRules& rules_;
};

}  // namespace

struct FakeManagement::Server {
  ManagementRules rules;
  std::unique_ptr<grpc::Service> provisioning = fake_provisioning(rules);
  Registrar registrar{rules};
  Proxy proxy{rules};
  Billing billing{rules};
  std::unique_ptr<grpc::Server> grpc;
};

FakeManagement::FakeManagement() : server_{std::make_unique<Server>()} {
  auto& platform = server_->rules.cluster.accounts.emplace_back();
  platform.set_id(1);
  platform.set_kind(events::v1::ACCOUNT_KIND_PLATFORM);
  platform.set_name("platform");
  platform.set_path("1");

  int port = 0;
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(server_->provisioning.get());
  builder.RegisterService(&server_->registrar);
  builder.RegisterService(&server_->proxy);
  builder.RegisterService(&server_->billing);
  server_->grpc = builder.BuildAndStart();
  assert(server_->grpc != nullptr && port != 0);
  address_ = "127.0.0.1:" + std::to_string(port);
}

FakeManagement::~FakeManagement() { server_->grpc->Shutdown(); }

void FakeManagement::with(const std::function<void(ManagedCluster&)>& change) {
  const std::lock_guard hold{server_->rules.mutex};
  change(server_->rules.cluster);
}

}  // namespace pbx::fakes
