#include "rpc/gate.hpp"

#include <utility>

#include "core/errc.hpp"
#include "rpc/access_table.hpp"
#include "rpc/identity.hpp"
#include "rpc/token.hpp"

namespace pbx::rpc {
namespace {

/// Neither expired nor good for longer than any token may be.
bool is_timely(const Token& token, Clock::Wall now) {
  const auto latest = now + kTokenLife + kClockSkew;
  return token.expires_ms > now.time_since_epoch().count() &&
         token.expires_ms <= latest.time_since_epoch().count();
}

}  // namespace

Result<Caller> Gate::admit(std::string_view method, std::string_view text) const {
  auto received = parse_token(text);
  if (!received) return Errc::Unauthenticated;
  auto& token = received->token;
  // What costs nothing first: a signature's check takes a tenth of a millisecond.
  if (token.audience != service_ || !is_timely(token, clock_->now())) return Errc::Unauthenticated;
  const auto* const key = keys_.find(token.caller, token.key_id);
  if (key == nullptr || !key->verifies(received->signed_bytes, received->signature)) {
    return Errc::Unauthenticated;
  }
  if (!may_call(token.caller, method)) return Errc::PermissionDenied;
  return Caller{std::move(token.actor), std::move(token.scope), std::move(token.caller)};
}

}  // namespace pbx::rpc
