#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "calls/call.hpp"
#include "calls/dialogs_of.hpp"
#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"

namespace pbx::proxy {

/// Calls, shared by all nodes, and the events that go with each of their steps. What happens to a
/// call is told; libs/calls says what becomes of it. Steps of one call are written in the order in
/// which they are told.
class CallRecords {
 public:
  using Done = MoveFunction<void(Result<>)>;

  virtual ~CallRecords() = default;

  /// Errc::AlreadyExists: another node, or an earlier passage of the same INVITE, has it.
  virtual void begin(const state::v1::DialogRecord& record, Done done) = 0;

  /// How long `done` waits.
  enum class Until : std::uint8_t {
    Stored,  ///< However long the store is away.
    Tried,   ///< A store that is away is told as an error; it is written when it is back.
  };
  /// Something happened to a call. Errc::Cancelled: too late, the call (or that leg) was over
  /// before. NotFound: there is no such call, or no such dialog of it. Conflict: TakenOver by
  /// somebody else.
  virtual void tell(const calls::Key& key, calls::Event event, Until until, Done done) = 0;
  void tell(const calls::Key& key, calls::Event event) {
    tell(key, std::move(event), Until::Tried, [](const Result<>&) {});
  }

  /// A call, as far as it is known here.
  struct Known {
    calls::Call call;
    calls::Knowledge knowledge = calls::Knowledge::Record;
  };
  using Found = MoveFunction<void(Result<Known>)>;
  /// A call, an ended one too. NotFound; an outage.
  virtual void find(const calls::Key& key, Found done) = 0;
  /// What this process knows of a call that it looks after; nullopt: it looks after none such.
  virtual std::optional<Known> known(const calls::Key& key) const = 0;

  using Counted = MoveFunction<void(Result<std::size_t>)>;
  /// Calls in progress, of all nodes: those that `caller` has made whose records say that it is
  /// limited, or, without one, all of the tenant's.
  virtual void count(TenantId tenant, UserId caller, Counted done) = 0;

  /// No error: the record is wanted.
  using Wanted = MoveFunction<Result<>(const state::v1::DialogRecord&)>;
  using Taken = MoveFunction<void(Result<state::v1::DialogRecord>)>;
  /// Of the calls under that Call-ID that have not ended, the one that is `wanted` becomes this
  /// process' own. NotFound: there is none. Otherwise, if none is wanted, the error of one that is
  /// not ruled out (PermissionDenied rules out). Conflict also when somebody else was faster.
  virtual void take_over(std::string_view sip_call_id, Wanted wanted, Taken done) = 0;

  /// A BYE was confirmed: that dialog, if there is one, is over. `done` when it is written, or
  /// there is nothing to write, however long that takes.
  virtual void hung_up(const calls::Key& key, std::string_view from_tag, std::string_view to_tag,
                       std::int64_t at_ms, Done done) = 0;

  /// One side has said that the call is over, and the other one did not agree: its phones are to be
  /// asked soon, by who looks after it here.
  virtual void doubt(const calls::Key& key) = 0;

  using Under = MoveFunction<void(Result<std::vector<calls::Call>>)>;
  /// All calls under a Call-ID, of whichever tenants, ended ones too, as they are known here.
  virtual void under(std::string_view sip_call_id, Under done) = 0;
};

}  // namespace pbx::proxy
