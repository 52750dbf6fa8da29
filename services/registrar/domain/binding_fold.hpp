#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "registrar/domain/location_store.hpp"

namespace pbx::registrar {

/// What one AoR had.
struct KnownAor {
  TenantId tenant;
  std::string aor;
  Bindings bindings;  ///< Each has its id.
};

/// What the topic `registrations` says is registered: its records, folded in the order of each key.
///
/// Events that came after Redis had lost all tell only what phones have registered since. So what
/// an event adds or moves joins what was known of the AoR; only one that says that something went
/// stands for the whole.
///
/// Plain refreshes are not told but once a day, so a binding is taken for there until a day after
/// the expiry that was told, and gets as long as the phone was granted. One that lapsed quietly in
/// that day comes back for so long; none that is there is missed.
class BindingFold {
 public:
  /// One record; without payload nothing is left of the AoR. False: not understood.
  bool apply(std::string_view key, std::optional<std::string_view> payload, Clock::Wall now);
  std::size_t size() const { return aors_.size(); }
  /// Takes any AoR out, its bindings renewed; nullopt when none is left.
  std::optional<KnownAor> take(Clock::Wall now);

 private:
  std::unordered_map<std::string, KnownAor> aors_;
};

}  // namespace pbx::registrar
