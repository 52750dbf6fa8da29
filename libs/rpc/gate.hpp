#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "core/result.hpp"
#include "rpc/caller.hpp"
#include "rpc/caller_keys.hpp"

namespace pbx::rpc {

/// The one place where a service decides who may call what, for unary methods and streams alike.
/// Safe to use from any thread.
class Gate {
 public:
  /// `service`: whose gate it is, the audience that tokens must name. `clock` outlives it.
  Gate(std::string service, CallerKeys keys, const Clock& clock)
      : service_{std::move(service)}, keys_{std::move(keys)}, clock_{&clock} {}

  /// Unauthenticated: no token, not for this service, of an unknown key, forged, or of another
  /// time. PermissionDenied: the caller is who it says, and the table does not let it.
  Result<Caller> admit(std::string_view method, std::string_view token) const;

 private:
  std::string service_;
  CallerKeys keys_;
  const Clock* clock_;
};

}  // namespace pbx::rpc
