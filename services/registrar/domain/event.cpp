#include "registrar/domain/event.hpp"

namespace pbx::registrar {

using namespace events::v1;

RegistrationChange event_change(const Outcome& outcome) {
  switch (outcome.change) {
    case Change::Added:
      return REGISTRATION_CHANGE_ADDED;
    case Change::Moved:
      return REGISTRATION_CHANGE_MOVED;
    case Change::Affirmed:
      return REGISTRATION_CHANGE_AFFIRMED;
    case Change::Removed:
      return REGISTRATION_CHANGE_REMOVED;
    case Change::None:
    case Change::Refreshed:
      break;
  }
  return outcome.expired != 0 ? REGISTRATION_CHANGE_EXPIRED : REGISTRATION_CHANGE_UNSPECIFIED;
}

RegistrationState state_event(TenantId tenant, std::string_view aor, RegistrationChange change,
                              const Bindings& bindings, Clock::Wall now, std::string_view node) {
  RegistrationState state;
  state.set_tenant_id(tenant.value);
  state.set_aor(std::string{aor});
  state.set_changed_at_ms(now.time_since_epoch().count());
  state.set_node(std::string{node});
  state.set_change(change);
  for (const auto& binding : bindings) state.add_bindings(binding.SerializeAsString());
  return state;
}

}  // namespace pbx::registrar
