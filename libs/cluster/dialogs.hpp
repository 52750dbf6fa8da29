#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cluster/call_position.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/events/v1/call.pb.h"
#include "pbx/state/v1/dialog.pb.h"
#include "redis/client.hpp"
#include "redis/function_library.hpp"

namespace pbx::cluster {

/// Names one record: the phones' Call-ID finds it, our call id tells it from others under the same
/// Call-ID.
struct DialogKey {
  std::string sip_call_id;
  std::string call_id;

  friend bool operator==(const DialogKey&, const DialogKey&) = default;
};

DialogKey key_of(const state::v1::DialogRecord& record);

/// A record as bytes, made once for all who keep it.
struct EncodedRecord {
  EncodedRecord(const state::v1::DialogRecord& record);  // NOLINT: a record will do everywhere

  DialogKey key;
  std::uint64_t tenant = 0;
  std::int64_t started_at_ms = 0;
  std::string caller_tag, callee_tag;
  std::string body;  ///< The protobuf.
};

/// Why and how a call ended.
struct EndFacts {
  std::int64_t at_ms = 0;
  events::v1::CallOutcome outcome = events::v1::CALL_OUTCOME_UNSPECIFIED;
  std::uint32_t sip_code = 0;
  std::string reason;
  events::v1::CallParty hung_up_by = events::v1::CALL_PARTY_UNSPECIFIED;
  std::string node;  ///< Who ended it.
};

/// A record as it is stored.
struct Dialog {
  state::v1::DialogRecord record;  ///< `state` and `owner` included.
  std::uint32_t sequence = 0;      ///< Of the last event given out.
  std::uint32_t version = 0;       ///< Grows with every write.
  std::optional<EndFacts> end;     ///< Set when it has ended.
};

/// A part of a tenant's calls.
struct CallPage {
  std::vector<Dialog> dialogs;       ///< Without those that ended or vanished meanwhile.
  std::optional<CallPosition> last;  ///< Of all that were looked at; none: nothing was.
  bool more = false;                 ///< There are calls behind it.
};

/// The event that a write asked for: its number, or none when the write was a repetition.
struct Step {
  std::uint32_t sequence = 0;  ///< 0: nothing new happened, publish nothing.
  std::uint32_t version = 0;
};

/// A record that nobody renewed.
struct Lapsed {
  DialogKey key;
  /// Known to have ended; its ENDED event was perhaps never delivered. A false one may have ended
  /// too: what load() says counts, and when there is no record, forget() clears the lease away.
  bool ended = false;
};

/// The calls of all nodes: `dlg:{<shard>}:<sip call-id>`, `leases:{<shard>}`,
/// `calls:{<shard>}:<tenant>`. Belongs to one worker's thread. Each write is one atomic server-side
/// call.
class Dialogs {
 public:
  template <class T>
  using Done = MoveFunction<void(Result<T>)>;
  using Duration = std::chrono::milliseconds;

  Dialogs(redis::Client& redis, const Clock& clock);

  /// The server-side functions; give it to redis::Connection::on_connect.
  void load_functions(redis::Client& redis) const { functions_.load(redis); }

  /// A new call; its STARTED event is number 1. AlreadyExists: this caller (tenant, Call-ID and
  /// tag) has a live record, made by another node or by the request's first passage. Overloaded:
  /// too many records under one Call-ID.
  void begin(const EncodedRecord& record, Duration lease, Done<Step> done);
  /// Replaces the record of a call that is not answered; the first one gives a RINGING event.
  /// AlreadyAnswered, AlreadyEnded, NotFound.
  void ringing(const EncodedRecord& record, Done<Step> done);
  /// The same without an event.
  void note(const EncodedRecord& record, Done<Step> done);
  /// Replaces the record with the answered one. Repeated for the same callee tag: a Step without
  /// sequence. AlreadyAnswered by another tag, AlreadyEnded, NotFound.
  void answered(const EncodedRecord& record, Done<Step> done);
  /// Replaces the record's content if its version is still `version` (target refresh, new owner);
  /// no event. Conflict when somebody else was faster; AlreadyEnded, NotFound.
  void replace(const EncodedRecord& record, std::uint32_t version, Done<Step> done);
  /// Exactly one caller gets the record, with the ENDED event's sequence; every other one gets
  /// AlreadyEnded or NotFound. AlreadyAnswered: the facts are those of a call that was not, told by
  /// a node that does not know of the answer. NotAnswered: the other way round; answered() goes
  /// first. The record stays until forget(), a week at most, so that whoever finds it can send the
  /// event again. `lease`: how long the caller may take to deliver the event.
  void end(const DialogKey& key, TenantId tenant, const EndFacts& facts, Duration lease,
           Done<Dialog> done);
  /// The ENDED event is delivered: nothing is left of the call.
  void forget(const DialogKey& key, Done<void> done = {});
  /// Writes a live record as it was, if Redis has none of that call: it has lost it. False: it has.
  void restore(const Dialog& dialog, Duration lease, Done<bool> done);

  /// By the phones' Call-ID and both tags in either order; an empty `tag_b` or one that is not
  /// known yet finds the early dialog of `tag_a`. Ended ones are found too, live ones preferred.
  /// NotFound.
  void find(std::string_view sip_call_id, std::string_view tag_a, std::string_view tag_b,
            Done<Dialog> done);
  void load(const DialogKey& key, Done<Dialog> done);
  /// Every leg of a call. Searches the leases of all shards, a millisecond for some thousands of
  /// calls: for what a person asks.
  void load_call(std::string_view call_id, Done<std::vector<Dialog>> done);
  /// Active calls of a tenant, newest first: those behind `after`.
  void list(TenantId tenant, std::optional<CallPosition> after, std::size_t limit,
            Done<CallPage> done);
  void count(TenantId tenant, Done<std::size_t> done);

  /// Prolongs the leases of live records that this node looks after: a command a shard for all of
  /// them. `gone` gets those that nobody needs to renew any more (ended and delivered, perhaps
  /// through another node).
  void renew(std::span<const DialogKey> keys, Duration lease,
             Done<std::vector<DialogKey>> gone = {});
  /// The same for ended records whose events this node has yet to deliver.
  void renew_ended(std::span<const DialogKey> keys, Duration lease);
  /// For the reaper: takes up to `limit` records whose lease ran out for itself for `lease`; no
  /// other caller gets them meanwhile. Load each, then end() it or send its event again and
  /// forget() it.
  void unfinished(Duration lease, std::size_t limit, Done<std::vector<Lapsed>> done);

 private:
  void step(std::string_view kind, const EncodedRecord& record, std::uint32_t version,
            Done<Step> done);
  void send_step(redis::Command command, Done<Step> done);
  void renew(char state, std::span<const DialogKey> keys, Duration lease,
             Done<std::vector<DialogKey>> gone);
  void load_all(std::vector<DialogKey> keys, Done<std::vector<Dialog>> done);
  std::int64_t now_ms() const { return clock_.now().time_since_epoch().count(); }

  redis::Client& redis_;
  const Clock& clock_;
  redis::FunctionLibrary functions_;
  std::string begin_name_, step_name_, end_name_, claim_name_, restore_name_;
};

}  // namespace pbx::cluster
