#pragma once

#include <utility>

#include "cluster/nonce_uses.hpp"
#include "proxy/domain/nonce_uses.hpp"

namespace pbx::proxy {

/// Nonce counts as all nodes note them in Redis. While that is away the process' own guard, which
/// was asked before, decides.
class RedisNonceUses final : public NonceUses {
 public:
  explicit RedisNonceUses(cluster::NonceUses& uses) : uses_{uses} {}

  void use(TenantId tenant, std::string_view aor, const sip::NonceUse& use, Done done) override {
    uses_.use(tenant, aor, use, [done = std::move(done)](Result<sip::NonceUsed> used) mutable {
      done(used ? *used : sip::NonceUsed::First);
    });
  }

 private:
  cluster::NonceUses& uses_;
};

}  // namespace pbx::proxy
