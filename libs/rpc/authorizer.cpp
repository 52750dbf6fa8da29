#include "rpc/authorizer.hpp"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string_view>

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
  if (!shown.starts_with(kBearer) || !admits(shown.substr(kBearer.size()))) {
    return Errc::Unauthenticated;
  }
  return Caller{std::string{metadata(context, "pbx-actor")},
                std::string{metadata(context, "pbx-scope")}};
}

bool Authorizer::admits(std::string_view token) const {
  return !token_.empty() && equal_in_constant_time(token, token_.reveal());
}

void add_caller(grpc::ClientContext& context, const Secret& token, const Caller& caller) {
  if (!token.empty()) {
    context.AddMetadata("authorization", std::string{kBearer} + token.reveal());
  }
  if (!caller.actor.empty()) context.AddMetadata("pbx-actor", caller.actor);
  if (!caller.scope.empty()) context.AddMetadata("pbx-scope", caller.scope);
}

}  // namespace pbx::rpc
