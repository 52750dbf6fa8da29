#include "rpc/authorizer.hpp"

#include <grpcpp/server_context.h>

#include "core/errc.hpp"

namespace pbx::rpc {
namespace {

constexpr std::string_view kBearer = "Bearer ";

std::string_view metadata(const grpc::ServerContextBase& context, const char* key) {
  const auto& all = context.client_metadata();
  const auto found = all.find(key);
  if (found == all.end()) return {};
  return {found->second.data(), found->second.size()};
}

}  // namespace

Result<Caller> Authorizer::check(const grpc::ServerContextBase& context) const {
  const auto shown = metadata(context, "authorization");
  if (!shown.starts_with(kBearer)) return Errc::Unauthenticated;
  auto caller = gate_.admit(method_of(context), shown.substr(kBearer.size()));
  if (caller && on_admitted_) on_admitted_(context.peer());
  return caller;
}

void Authorizer::begin(const grpc::ServerContextBase* call, std::string_view method) {
  const std::lock_guard lock{mutex_};
  calls_[call] = method;
}

void Authorizer::end(const grpc::ServerContextBase* call) {
  const std::lock_guard lock{mutex_};
  calls_.erase(call);
}

std::string_view Authorizer::method_of(const grpc::ServerContextBase& context) const {
  const std::lock_guard lock{mutex_};
  const auto found = calls_.find(&context);
  return found == calls_.end() ? std::string_view{} : found->second;
}

}  // namespace pbx::rpc
