#pragma once

#include "pbx/events/v1/registration.pb.h"

namespace pbx::registrar {

/// Where changes of bindings are told. One instance for all workers; any thread.
class BindingEvents {
 public:
  virtual ~BindingEvents() = default;

  /// Without bindings the AoR has none left.
  virtual void publish(const events::v1::RegistrationState& state) = 0;
};

}  // namespace pbx::registrar
