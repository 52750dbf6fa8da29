#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/binding.pb.h"
#include "redis/client.hpp"
#include "redis/function_library.hpp"
#include "sip/replay_guard.hpp"

namespace pbx::cluster {

/// One contact of a REGISTER. Set its id, by which it replaces or removes what is stored, and its
/// expires_at_ms; call_id and cseq come from the Update.
struct BindingChange {
  state::v1::Binding binding;
  bool remove = false;
};

/// Everything one REGISTER changes, applied as a whole or not at all.
struct Update {
  TenantId tenant;
  std::string aor;
  std::vector<BindingChange> changes;
  bool remove_all = false;  ///< Contact: *
  std::string call_id;      ///< Empty: an operator's change; no order is checked.
  std::uint32_t cseq = 0;
  std::uint32_t max_bindings = 10;  ///< Of the AoR, after the update.
  Clock::Wall now;                  ///< Bindings that expired by then do not count.
  /// The nonce count that proved who sends this, used up with it, whatever becomes of the rest;
  /// with an empty name: none. An update that changes nothing reads.
  sip::NonceUse nonce{};
};

enum class Verdict : std::uint8_t {
  Stored,
  Stale,     ///< RFC 3261 §10.3 step 7: same Call-ID, CSeq not higher. Nothing was changed.
  TooMany,   ///< More than max_bindings. Nothing was changed.
  Replayed,  ///< Another request has used the nonce count. Nothing was changed.
  Again,     ///< This very request was carried out before. Nothing was changed.
};

/// Ordered: what matters most is the greatest.
enum class Change : std::uint8_t {
  None,
  Refreshed,  ///< Same contact, path, source …; another expiry.
  Affirmed,   ///< The same, and the first since its expiry passed into another day: to be told.
  Moved,      ///< Same phone, another contact, path or source.
  Added,
  Removed,
};

struct Outcome {
  Verdict verdict = Verdict::Stored;
  Change change = Change::None;  ///< The greatest of `changes`, or Removed by remove_all.
  std::vector<Change> changes;   ///< One for each of Update::changes.
  std::uint32_t removed = 0;     ///< Bindings that are gone because the update said so.
  std::uint32_t expired = 0;     ///< Bindings found expired and dropped on the way.
  std::vector<state::v1::Binding> bindings;  ///< Live ones after the update, ordered as by load().

  /// The set of bindings is another one: an event is due.
  bool changed() const { return change > Change::Refreshed || expired != 0; }
};

struct Restored {
  std::uint32_t added = 0;   ///< Bindings put back.
  std::uint32_t before = 0;  ///< Live ones that were there already.
};

/// Where users can be reached: `loc:{<tenant>:<aor>}`. Belongs to one worker's thread.
class Locations {
 public:
  using Loaded = MoveFunction<void(Result<std::vector<state::v1::Binding>>)>;
  using Applied = MoveFunction<void(Result<Outcome>)>;

  Locations(redis::Client& redis, const Clock& clock);

  /// The server-side functions; give it to redis::Connection::on_connect.
  void load_functions(redis::Client& redis) const { functions_.load(redis); }

  /// Live bindings, highest q first, then the newest; none is an empty list, not an error. Each has
  /// its id, whatever release stored it.
  void load(TenantId tenant, std::string_view aor, Loaded done);
  /// One server-side call: order check, limit, replacement, expiry.
  void apply(Update update, Applied done);
  /// Puts bindings back as an event told them, where no binding of that id is: after Redis lost
  /// all. What phones have registered since stays as it is, and what was removed in the last ten
  /// minutes stays away: the log may have been read before it said so.
  void restore(TenantId tenant, std::string_view aor, const std::vector<BindingChange>& bindings,
               MoveFunction<void(Result<Restored>)> done);

 private:
  redis::Client& redis_;
  const Clock& clock_;
  redis::FunctionLibrary functions_;
  std::string apply_name_, restore_name_;
};

}  // namespace pbx::cluster
