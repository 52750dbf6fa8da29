#pragma once

#include <cstdint>

#include "directory/directory.hpp"
#include "proxy/domain/node.hpp"

namespace pbx::proxy {

/// How many calls may be in progress at a time, a new one among them; 0: any number. A new call is
/// begun first and counted then, so that two that begin together at two nodes both see each other:
/// there are never more, and where the last place is asked for twice at once nobody may get it.
struct CallLimits {
  std::uint32_t of_caller = 0;  ///< Made by the user.
  std::uint32_t of_tenant = 0;
};

inline CallLimits limits_of(const Settings& settings, const directory::Login& caller) {
  return {caller.max_calls != 0 ? caller.max_calls : settings.max_user_calls,
          caller.max_tenant_calls};
}

}  // namespace pbx::proxy
