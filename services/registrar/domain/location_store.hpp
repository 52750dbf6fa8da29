#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/binding.pb.h"
#include "sip/replay_guard.hpp"

namespace pbx::registrar {

using Bindings = std::vector<state::v1::Binding>;

/// One contact of a REGISTER. Its binding's id says what it replaces or removes.
struct BindingChange {
  state::v1::Binding binding;
  bool remove = false;
};

/// All that one REGISTER changes: stored as a whole or not at all.
struct Update {
  TenantId tenant;
  std::string aor;
  std::vector<BindingChange> changes;
  bool remove_all = false;
  std::string call_id;  ///< Empty: not from a phone, so no order is checked.
  std::uint32_t cseq = 0;
  std::uint32_t max_bindings = 0;
  Clock::Wall now;
  /// The nonce count that proved who sends this; without a name: nothing of that kind. An update
  /// that changes nothing else only uses it up, and reads.
  sip::NonceUse nonce{};
};

enum class Verdict : std::uint8_t {
  Stored,
  Stale,     ///< Same Call-ID and a CSeq that is not higher. Nothing was changed.
  TooMany,   ///< Nothing was changed.
  Replayed,  ///< Another request has used the nonce count. Nothing was changed.
  Again,     ///< This very request was carried out before. Nothing was changed.
};

/// The greatest that happened to a binding.
/// Affirmed: a refresh like any other that is told once a day, so that the topic shows which phones
/// are still there.
enum class Change : std::uint8_t { None, Refreshed, Affirmed, Moved, Added, Removed };

struct Outcome {
  Verdict verdict = Verdict::Stored;
  Change change = Change::None;
  std::uint32_t removed = 0;
  std::uint32_t expired = 0;  ///< Found expired on the way.
  Bindings bindings;          ///< Live ones, after it.
};

/// A part of the AoRs of a tenant.
struct AorPage {
  std::vector<std::string> aors;
  std::uint64_t next = 0;  ///< Where the next part begins; 0: that was all.
};

/// Where bindings live. One instance a worker, used on its thread; callbacks run there, possibly
/// before the call returns. Errors are those of a store that is away.
class LocationStore {
 public:
  virtual ~LocationStore() = default;

  /// Live bindings, highest q first, then the newest; none is an empty list, not an error. Each has
  /// its id.
  virtual void load(TenantId tenant, std::string_view aor,
                    MoveFunction<void(Result<Bindings>)> done) = 0;
  virtual void apply(const Update& update, MoveFunction<void(Result<Outcome>)> done) = 0;
  /// About `count` AoRs with bindings, in no order; each AoR at least once over all parts.
  virtual void list(TenantId tenant, std::uint64_t from, std::size_t count,
                    MoveFunction<void(Result<AorPage>)> done) = 0;
};

}  // namespace pbx::registrar
