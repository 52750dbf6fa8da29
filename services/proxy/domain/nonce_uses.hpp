#pragma once

#include <string_view>

#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "sip/replay_guard.hpp"

namespace pbx::proxy {

/// Which nonce counts were used at any node.
class NonceUses {
 public:
  using Done = MoveFunction<void(sip::NonceUsed)>;

  virtual ~NonceUses() = default;

  /// As far as can be told now. `aor`: of whose password it is.
  virtual void use(TenantId tenant, std::string_view aor, const sip::NonceUse& use, Done done) = 0;
};

}  // namespace pbx::proxy
