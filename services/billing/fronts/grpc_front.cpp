#include "billing/fronts/grpc_front.hpp"

#include <atomic>

#include "billing/domain/list_token.hpp"
#include "core/errc.hpp"
#include "model/account_path.hpp"
#include "pbx/billing/v1/billing.grpc.pb.h"
#include "rpc/unary.hpp"

namespace pbx::billing {
namespace {

constexpr int kMostAtOnce = 1000;
constexpr std::uint32_t kMostRows = 1000;
constexpr std::int64_t kLatestMs = 253'402'300'799'000;

grpc::Status invalid(const char* message) { return {grpc::StatusCode::INVALID_ARGUMENT, message}; }

grpc::Status refused(std::error_code error, const std::string& call_id = {}) {
  if (error == Errc::NotFound)
    return rpc::to_status(error, "There is no CDR of call " + call_id + ".");
  if (error == Errc::Unavailable) {
    return rpc::to_status(error, "The database cannot be reached at the moment; try again later.");
  }
  return rpc::to_status(error);
}

bool has_nul(const std::string& text) { return text.find('\0') != std::string::npos; }

/// A token without a scope sees all.
grpc::Status scope_of(const rpc::Caller& caller, std::string& scope) {
  scope = caller.scope.empty() ? std::string{kPlatformPath} : caller.scope;
  return is_account_path(scope) ? grpc::Status::OK
                                : invalid("scope: use an account path such as 1.4.9");
}

}  // namespace

class GrpcFront::Service final : public v1::Billing::CallbackService {
 public:
  Service(CdrStore& store, boost::asio::thread_pool& blocking, const rpc::Authorizer& authorizer)
      : store_{store}, blocking_{blocking}, authorizer_{authorizer} {}

  grpc::ServerUnaryReactor* ListCdrs(grpc::CallbackServerContext* context,
                                     const v1::ListCdrsRequest* request,
                                     v1::ListCdrsResponse* response) override {
    return answer(context, [this, request, response](const std::string& scope) {
      return list(scope, *request, *response);
    });
  }

  grpc::ServerUnaryReactor* GetCdr(grpc::CallbackServerContext* context,
                                   const v1::GetCdrRequest* request, v1::Cdr* response) override {
    return answer(context, [this, request, response](const std::string& scope) {
      if (request->call_id().empty() || has_nul(request->call_id())) {
        return invalid("call_id: name a call");
      }
      auto cdr = store_.get(scope, request->call_id());
      if (!cdr) return refused(cdr.error(), request->call_id());
      *response = *std::move(cdr);
      return grpc::Status::OK;
    });
  }

 private:
  template <class Work>
  grpc::ServerUnaryReactor* answer(grpc::CallbackServerContext* context, Work work) {
    // The count belongs to the handler's life: the call may be refused before it runs.
    std::shared_ptr<void> running{nullptr, [this](void*) { running_.fetch_sub(1); }};
    if (running_.fetch_add(1) >= kMostAtOnce) {
      return rpc::answer(context, authorizer_, [](const rpc::Caller&) {
        return rpc::to_status(make_error_code(Errc::Overloaded), "Too many requests at once.");
      });
    }
    return rpc::answer_on(blocking_, context, authorizer_,
                          [running, work = std::move(work)](const rpc::Caller& caller) {
                            std::string scope;
                            if (auto status = scope_of(caller, scope); !status.ok()) return status;
                            return work(scope);
                          });
  }

  grpc::Status list(const std::string& scope, const v1::ListCdrsRequest& request,
                    v1::ListCdrsResponse& response) {
    const auto size = request.page().size() == 0 ? 100 : request.page().size();
    if (size > kMostRows) return invalid("page.size: use 1,000 at most");
    if (request.from_ms() < 0 || request.from_ms() > kLatestMs) {
      return invalid("from_ms: use milliseconds since 1970");
    }
    if (request.until_ms() < 0 || request.until_ms() > kLatestMs) {
      return invalid("until_ms: use milliseconds since 1970");
    }
    if (has_nul(request.party())) return invalid("party: use an address of record");
    CdrStore::Query query{
        scope,   request.tenant_id(), request.party(), request.from_ms(), request.until_ms(), 0, {},
        size + 1};
    if (!request.page().token().empty()) {
      const auto token = parse_token(request.page().token());
      if (!token) return invalid("page.token: use next_token of the page before");
      query.before_ms = token->started_at_ms;
      query.before_call_id = token->call_id;
    }
    auto cdrs = store_.list(query);
    if (!cdrs) return refused(cdrs.error());
    if (cdrs->size() > size) {
      cdrs->resize(size);
      response.set_next_token(to_text({cdrs->back().started_at_ms(), cdrs->back().call_id()}));
    }
    for (auto& cdr : *cdrs) *response.add_cdrs() = std::move(cdr);
    return grpc::Status::OK;
  }

  CdrStore& store_;
  boost::asio::thread_pool& blocking_;
  const rpc::Authorizer& authorizer_;
  std::atomic<int> running_{0};
};

GrpcFront::GrpcFront(CdrStore& store, boost::asio::thread_pool& blocking,
                     const rpc::Authorizer& authorizer)
    : service_{std::make_unique<Service>(store, blocking, authorizer)} {}
GrpcFront::~GrpcFront() = default;

grpc::Service& GrpcFront::service() { return *service_; }

}  // namespace pbx::billing
