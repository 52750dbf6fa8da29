#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "calls/call.hpp"
#include "cluster/call_position.hpp"
#include "core/clock.hpp"
#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/dialog.pb.h"
#include "redis/client.hpp"
#include "redis/function_library.hpp"

namespace pbx::cluster {

/// A call as it is written: its value, and what Redis must know beside it.
struct EncodedCall {
  explicit EncodedCall(const calls::Call& call);

  calls::Key key;
  TenantId tenant;
  UserId limited_caller;  ///< Whose calls are counted; 0: nobody's.
  std::int64_t started_at_ms = 0;
  std::uint32_t version = 0;
  std::string caller_tag;
  std::string value;  ///< See dialog_codec.hpp.
};

/// A part of a tenant's calls.
struct CallPage {
  std::vector<calls::Call> dialogs;  ///< Without those that ended or vanished meanwhile.
  std::optional<CallPosition> last;  ///< Of all that were looked at; none: nothing was.
  bool more = false;                 ///< There are calls behind it.
};

/// A record that nobody renewed.
struct Lapsed {
  calls::Key key;
  /// Known to have ended; its ENDED event was perhaps never delivered. A false one may have ended
  /// too: what load() says counts, and when there is no record, forget() clears the lease away.
  bool ended = false;
};

/// The calls of all nodes: `dlg:{<shard>}:<sip call-id>`, `leases:{<shard>}`,
/// `calls:{<shard>}:<tenant>`, `calls:{<shard>}:<tenant>:<user>`. Belongs to one worker's thread.
/// Each write is one atomic server-side call.
class Dialogs {
 public:
  template <class T>
  using Done = MoveFunction<void(Result<T>)>;
  using Duration = std::chrono::milliseconds;

  Dialogs(redis::Client& redis, const Clock& clock);

  /// The server-side functions; give it to redis::Connection::on_connect.
  void load_functions(redis::Client& redis) const { functions_.load(redis); }

  /// A new call. AlreadyExists: this caller (tenant, Call-ID and tag) has a live record, made by
  /// another node or by the request's first passage. Overloaded: too many records under one
  /// Call-ID.
  void begin(const EncodedCall& call, Duration lease, Done<void> done);
  /// Writes the call over its version `expected` (0: where Redis has none of it, as when it has
  /// lost it). Nothing: done. A call: what is there instead, another version, or one that has
  /// ended, which nothing replaces. NotFound: nothing is there, and `expected` was not 0. With an
  /// ended call its lease is that of whoever delivers the event, for `lease`, and it is listed no
  /// more.
  void write(const EncodedCall& call, std::uint32_t expected, Duration lease,
             Done<std::optional<calls::Call>> done);
  /// The ENDED events are delivered: what stays for some minutes is that there were such calls,
  /// which a late write finds. One function call a shard.
  void forget(std::span<const calls::Key> keys);

  /// All calls with that Call-ID, of whichever tenants, ended ones too: phones choose it freely, so
  /// it names none of them.
  void load_under(std::string_view sip_call_id, Done<std::vector<calls::Call>> done);
  /// NotFound.
  void load(const calls::Key& key, Done<calls::Call> done);
  /// Every leg of a call. Searches the leases of all shards, a millisecond for some thousands of
  /// calls: for what a person asks.
  void load_call(std::string_view call_id, Done<std::vector<calls::Call>> done);
  /// Active calls of a tenant, newest first: those behind `after`.
  void list(TenantId tenant, std::optional<CallPosition> after, std::size_t limit,
            Done<CallPage> done);
  /// Active calls of a tenant: those that `caller` has made while that was limited; of 0: all.
  void count(TenantId tenant, UserId caller, Done<std::size_t> done);

  /// Prolongs the leases of live records that this node looks after: a command a shard for all of
  /// them. `gone` gets those that nobody needs to renew any more (ended and delivered, perhaps
  /// through another node).
  void renew(std::span<const calls::Key> keys, Duration lease,
             Done<std::vector<calls::Key>> gone = {});
  /// The same for ended records whose events this node has yet to deliver.
  void renew_ended(std::span<const calls::Key> keys, Duration lease);
  /// For the reaper: takes up to `limit` records whose lease ran out for itself for `lease`; no
  /// other caller gets them meanwhile. Load each, then end it or send its event again and forget()
  /// it.
  void unfinished(Duration lease, std::size_t limit, Done<std::vector<Lapsed>> done);

 private:
  void renew(char state, std::span<const calls::Key> keys, Duration lease,
             Done<std::vector<calls::Key>> gone);
  void forget(const std::vector<const calls::Key*>& keys);
  void load_all(std::vector<calls::Key> keys, Done<std::vector<calls::Call>> done);
  std::int64_t now_ms() const { return clock_.now().time_since_epoch().count(); }

  redis::Client& redis_;
  const Clock& clock_;
  redis::FunctionLibrary functions_;
  std::string begin_name_, write_name_, forget_name_, claim_name_;
};

}  // namespace pbx::cluster
