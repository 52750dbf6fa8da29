#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "core/secret.hpp"
#include "rpc/caller.hpp"
#include "rpc/signing_key.hpp"

namespace pbx::rpc {

/// How long a token is good.
inline constexpr std::chrono::seconds kTokenLife{60};
/// Clocks of caller and server may differ by so much.
inline constexpr std::chrono::seconds kClockSkew{30};

/// Who this process is to the services that it calls: a name, and the key that proves it.
class Identity {
 public:
  Identity(std::string name, SigningKey key) : name_{std::move(name)}, key_{std::move(key)} {}
  /// `text`: the private key as base64url. Errc::InvalidArgument.
  static Result<Identity> parse(std::string name, const Secret& text);

  const std::string& name() const { return name_; }
  const SigningKey& key() const { return key_; }
  /// A token that is good until `expires`. Throws std::invalid_argument: a name or scope that is
  /// longer than kMaxTokenField.
  Secret sign(std::string_view audience, const Caller& caller, Clock::Wall expires) const;

 private:
  std::string name_;
  SigningKey key_;
};

/// An identity towards one service. Tokens are made once in 30 s and kept, so that showing one
/// costs a copy. Copies share them; safe to use from any thread.
class Credentials {
 public:
  /// `clock` outlives it.
  Credentials(const Identity& identity, std::string audience, const Clock& clock);

  /// To be shown at once.
  Secret token(const Caller& caller = {}) const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace pbx::rpc
