#pragma once

#include <string_view>

#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "redis/client.hpp"
#include "sip/replay_guard.hpp"

namespace pbx::cluster {

/// Which nonce counts have been used anywhere: `used:{<tenant>:<aor>}:<nonce>:<count>`. For
/// requests whose own writes are in other slots: sent beside them, it costs no round trip. A
/// REGISTER's goes with Locations::apply. Belongs to one worker's thread.
class NonceUses {
 public:
  using Done = MoveFunction<void(Result<sip::NonceUsed>)>;

  explicit NonceUses(redis::Client& redis) : redis_{redis} {}

  /// Notes `use`, and gives what was noted before. `aor`: whose password it proves.
  void use(TenantId tenant, std::string_view aor, const sip::NonceUse& use, Done done);

 private:
  redis::Client& redis_;
};

}  // namespace pbx::cluster
