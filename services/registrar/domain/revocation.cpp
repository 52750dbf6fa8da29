#include "registrar/domain/revocation.hpp"

#include <utility>

#include "registrar/domain/event.hpp"

namespace pbx::registrar {

void Revocation::remove(TenantId tenant, const std::string& aor, const Filter& filter,
                        MoveFunction<void(Result<std::uint32_t>)> done) {
  Update update;
  update.tenant = tenant;
  update.aor = aor;
  if (!filter) {
    update.remove_all = true;
    return apply(update, std::move(done));
  }
  store_.load(tenant, aor,
              [this, update = std::move(update), filter,
               done = std::move(done)](Result<Bindings> loaded) mutable {
                if (!loaded) return done(loaded.error());
                for (const auto& binding : *loaded) {
                  if (filter(binding)) update.changes.push_back({binding, true});
                }
                if (update.changes.empty()) return done(0u);
                apply(update, std::move(done));
              });
}

void Revocation::apply(const Update& update, MoveFunction<void(Result<std::uint32_t>)> done) {
  auto dated = update;
  dated.now = clock_.now();
  store_.apply(dated, [this, tenant = dated.tenant, aor = dated.aor, now = dated.now,
                       done = std::move(done)](Result<Outcome> outcome) mutable {
    if (!outcome) return done(outcome.error());
    if (outcome->removed != 0) {
      metrics_.revoked.Increment(outcome->removed);
      events_.publish(state_event(tenant, aor, events::v1::REGISTRATION_CHANGE_REVOKED,
                                  outcome->bindings, now, settings_.node));
    }
    done(outcome->removed);
  });
}

}  // namespace pbx::registrar
