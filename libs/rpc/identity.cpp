#include "rpc/identity.hpp"

#include <mutex>
#include <utility>

#include "rpc/token.hpp"

namespace pbx::rpc {
namespace {

/// A token that is shown has half of its life before it, so clocks may differ by kClockSkew.
constexpr std::chrono::seconds kRenewed = kTokenLife - kClockSkew;

}  // namespace

Result<Identity> Identity::parse(std::string name, const Secret& text) {
  auto key = SigningKey::parse(text);
  if (!key) return key.error();
  return Identity{std::move(name), *std::move(key)};
}

Secret Identity::sign(std::string_view audience, const Caller& caller, Clock::Wall expires) const {
  Token token;
  token.key_id = key_.public_key().id();
  token.expires_ms = expires.time_since_epoch().count();
  token.caller = name_;
  token.audience = audience;
  token.actor = caller.actor;
  token.scope = caller.scope;
  const auto bytes = bytes_to_sign(token);
  return Secret{token_text(bytes, key_.sign(bytes))};
}

struct Credentials::State {
  State(const Identity& self, std::string service, const Clock& time)
      : identity{self}, audience{std::move(service)}, clock{time} {}

  const Identity identity;
  const std::string audience;
  const Clock& clock;
  std::mutex mutex;
  Caller shown_for;
  Secret shown;
  Clock::Wall made_at{};
};

Credentials::Credentials(const Identity& identity, std::string audience, const Clock& clock)
    : state_{std::make_shared<State>(identity, std::move(audience), clock)} {}

Secret Credentials::token(const Caller& caller) const {
  auto& state = *state_;
  const std::lock_guard lock{state.mutex};
  const auto now = state.clock.now();
  // A clock that was set back makes the token one of the future, which no server takes.
  const bool good = now >= state.made_at && now < state.made_at + kRenewed;
  const bool same = caller.actor == state.shown_for.actor && caller.scope == state.shown_for.scope;
  if (!good || !same || state.shown.empty()) {
    state.shown = state.identity.sign(state.audience, caller, now + kTokenLife);
    state.shown_for = caller;
    state.made_at = now;
  }
  return state.shown;
}

}  // namespace pbx::rpc
