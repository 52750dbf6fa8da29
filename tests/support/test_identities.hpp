#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "rpc/caller_keys.hpp"
#include "rpc/gate.hpp"
#include "rpc/identity.hpp"

namespace pbx::test {

/// A random key for each service and for operators, made anew by each test program.
class TestIdentities {
 public:
  static constexpr std::array<std::string_view, 5> kNames{"proxy", "registrar", "provisioning",
                                                          "billing", "operator"};

  TestIdentities() {
    for (const auto name : kNames) {
      identities_.emplace(name, rpc::Identity{std::string{name}, rpc::SigningKey::make()});
    }
  }

  const rpc::Identity& of(std::string_view name) const { return identities_.find(name)->second; }
  /// What servers hold: PBX_CALLER_KEYS.
  std::string caller_keys() const {
    std::string text;
    for (const auto& [name, identity] : identities_) {
      text += name + ":" + identity.key().public_key().text() + ",";
    }
    return text;
  }
  /// What a caller holds: PBX_IDENTITY_KEY.
  std::string private_key(std::string_view name) const { return of(name).key().text().reveal(); }

  rpc::Credentials credentials(std::string_view name, const std::string& audience) const {
    return {of(name), audience, clock_};
  }
  rpc::Gate gate(const std::string& service) const {
    return {service, *rpc::CallerKeys::parse(caller_keys()), clock_};
  }

 private:
  SystemClock clock_;
  std::map<std::string, rpc::Identity, std::less<>> identities_;
};

inline const TestIdentities& identities() {
  static const TestIdentities all;
  return all;
}

}  // namespace pbx::test
