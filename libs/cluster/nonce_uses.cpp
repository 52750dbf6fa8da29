#include "cluster/nonce_uses.hpp"

#include <utility>

#include "model/redis_keys.hpp"

namespace pbx::cluster {

void NonceUses::use(TenantId tenant, std::string_view aor, const sip::NonceUse& use, Done done) {
  redis::Command command{"SET", redis_keys::nonce_use(tenant, aor, use.count), use.by, "NX", "GET",
                         "PX"};
  command.add(use.lifetime.count());
  redis_.send(std::move(command),
              [by = use.by, done = std::move(done)](Result<redis::Reply> reply) mutable {
                if (!reply) return done(reply.error());
                if (reply->is_nil()) return done(sip::NonceUsed::First);
                const bool again = reply->text() == by;
                done(again ? sip::NonceUsed::Again : sip::NonceUsed::ByAnother);
              });
}

}  // namespace pbx::cluster
