#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "core/clock.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "registrar/domain/binding_events.hpp"
#include "registrar/domain/location_store.hpp"
#include "registrar/domain/settings.hpp"
#include "registrar/metrics.hpp"

namespace pbx::registrar {

/// Takes bindings away without being asked by their phone. Harmless to repeat, also by several
/// registrars at once: only the one whose call removed something tells it.
class Revocation {
 public:
  using Filter = std::function<bool(const state::v1::Binding&)>;

  Revocation(LocationStore& store, BindingEvents& events, const Clock& clock,
             const Settings& settings, Metrics& metrics)
      : store_{store}, events_{events}, clock_{clock}, settings_{settings}, metrics_{metrics} {}

  /// Removes the bindings that `filter` picks (an empty one: all). Gives their number.
  void remove(TenantId tenant, const std::string& aor, const Filter& filter,
              MoveFunction<void(Result<std::uint32_t>)> done);

 private:
  void apply(const Update& update, MoveFunction<void(Result<std::uint32_t>)> done);

  LocationStore& store_;
  BindingEvents& events_;
  const Clock& clock_;
  const Settings& settings_;
  Metrics& metrics_;
};

}  // namespace pbx::registrar
