#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "pbx/events/v1/registration.pb.h"
#include "registrar/domain/location_store.hpp"

namespace pbx::registrar {

/// Why an event is due after a REGISTER; UNSPECIFIED: none is.
events::v1::RegistrationChange event_change(const Outcome& outcome);

/// The event of topic `registrations`: the whole set of bindings.
events::v1::RegistrationState state_event(TenantId tenant, std::string_view aor,
                                          events::v1::RegistrationChange change,
                                          const Bindings& bindings, Clock::Wall now,
                                          std::string_view node);

}  // namespace pbx::registrar
