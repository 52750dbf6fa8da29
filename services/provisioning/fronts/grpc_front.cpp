#include "provisioning/fronts/grpc_front.hpp"

#include <atomic>
#include <chrono>
#include <functional>

#include "core/errc.hpp"
#include "pbx/provisioning/v1/provisioning.grpc.pb.h"
#include "provisioning/domain/validation.hpp"
#include "provisioning/metrics.hpp"
#include "rpc/unary.hpp"

namespace pbx::provisioning {
namespace {

constexpr int kMostAtOnce = 1000;

Outcome<Actor> actor_of(const rpc::Caller& caller) {
  PBX_TRY(const auto checked, scope(caller.scope));
  if (!display_name(caller.actor)) {
    return invalid("actor: use at most 128 bytes of text without control characters");
  }
  return Actor{caller.actor.empty() ? "unnamed" : caller.actor, checked};
}

}  // namespace

class GrpcFront::Service final : public v1::Provisioning::CallbackService {
 public:
  Service(Books& books, boost::asio::thread_pool& blocking, const rpc::Authorizer& authorizer,
          Metrics& metrics)
      : books_{books}, blocking_{blocking}, authorizer_{authorizer}, metrics_{metrics} {}

#define PBX_METHOD(Name, Request, Response, method)                                            \
  grpc::ServerUnaryReactor* Name(grpc::CallbackServerContext* context, const Request* request, \
                                 Response* response) override {                                \
    return answer(context, #method, *request, *response, &Books::method);                      \
  }
  PBX_METHOD(CreateAccount, v1::CreateAccountRequest, events::v1::Account, create_account)
  PBX_METHOD(GetAccount, v1::GetAccountRequest, events::v1::Account, get_account)
  PBX_METHOD(ListAccounts, v1::ListAccountsRequest, v1::ListAccountsResponse, list_accounts)
  PBX_METHOD(UpdateAccount, v1::UpdateAccountRequest, events::v1::Account, update_account)
  PBX_METHOD(DeleteAccount, v1::DeleteAccountRequest, v1::DeleteResponse, delete_account)
  PBX_METHOD(CreateDomain, v1::CreateDomainRequest, events::v1::Domain, create_domain)
  PBX_METHOD(GetDomain, v1::GetDomainRequest, events::v1::Domain, get_domain)
  PBX_METHOD(ListDomains, v1::ListDomainsRequest, v1::ListDomainsResponse, list_domains)
  PBX_METHOD(DeleteDomain, v1::DeleteDomainRequest, v1::DeleteResponse, delete_domain)
  PBX_METHOD(CreateUser, v1::CreateUserRequest, v1::UserWithPassword, create_user)
  PBX_METHOD(GetUser, v1::GetUserRequest, events::v1::User, get_user)
  PBX_METHOD(ListUsers, v1::ListUsersRequest, v1::ListUsersResponse, list_users)
  PBX_METHOD(UpdateUser, v1::UpdateUserRequest, v1::UserWithPassword, update_user)
  PBX_METHOD(DeleteUser, v1::DeleteUserRequest, v1::DeleteResponse, delete_user)
  PBX_METHOD(CreateDevice, v1::CreateDeviceRequest, v1::DeviceWithPassword, create_device)
  PBX_METHOD(GetDevice, v1::GetDeviceRequest, events::v1::Device, get_device)
  PBX_METHOD(ListDevices, v1::ListDevicesRequest, v1::ListDevicesResponse, list_devices)
  PBX_METHOD(UpdateDevice, v1::UpdateDeviceRequest, v1::DeviceWithPassword, update_device)
  PBX_METHOD(DeleteDevice, v1::DeleteDeviceRequest, v1::DeleteResponse, delete_device)
  PBX_METHOD(ListHistory, v1::ListHistoryRequest, v1::ListHistoryResponse, list_history)
#undef PBX_METHOD

 private:
  template <class Request, class Response>
  using Method = Outcome<Response> (Books::*)(const Actor&, const Request&);

  template <class Request, class Response>
  grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, const char* name,
                                   const Request& request, Response& response,
                                   Method<Request, Response> method) {
    if (running_.fetch_add(1) >= kMostAtOnce) {
      running_.fetch_sub(1);
      return rpc::answer(context, authorizer_, [&](const rpc::Caller&) {
        return refuse(name, describe(make_error_code(Errc::Overloaded)));
      });
    }
    // The call may be refused before the handler runs: the count belongs to the handler's life.
    std::shared_ptr<void> running{nullptr, [this](void*) { running_.fetch_sub(1); }};
    const auto began = std::chrono::steady_clock::now();
    return rpc::answer_on(
        blocking_, context, authorizer_,
        [this, name, &request, &response, method, running, began](const rpc::Caller& caller) {
          const auto actor = actor_of(caller);
          if (!actor) return refuse(name, actor.refusal());
          auto outcome = std::invoke(method, books_, *actor, request);
          const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
          metrics_.seconds(name).Observe(took.count());
          if (!outcome) return refuse(name, outcome.refusal());
          response = *std::move(outcome);
          return grpc::Status::OK;
        });
  }

  grpc::Status refuse(const char* name, const Refusal& refusal) {
    metrics_.refused(name, refusal.code);
    // "Still in use" wants another act first; ABORTED would say that trying again may help.
    if (refusal.code == Errc::Conflict) {
      return {grpc::StatusCode::FAILED_PRECONDITION, refusal.message};
    }
    return rpc::to_status(refusal.code, refusal.message);
  }

  Books& books_;
  boost::asio::thread_pool& blocking_;
  const rpc::Authorizer& authorizer_;
  Metrics& metrics_;
  std::atomic<int> running_{0};
};

GrpcFront::GrpcFront(Books& books, boost::asio::thread_pool& blocking,
                     const rpc::Authorizer& authorizer, Metrics& metrics)
    : service_{std::make_unique<Service>(books, blocking, authorizer, metrics)} {}
GrpcFront::~GrpcFront() = default;

grpc::Service& GrpcFront::service() { return *service_; }

}  // namespace pbx::provisioning
