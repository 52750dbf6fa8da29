#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/events/v1/call.pb.h"
#include "pbx/state/v1/dialog.pb.h"

namespace pbx::proxy {

/// Why and how a call ended.
struct CallEnd {
  std::int64_t at_ms = 0;
  events::v1::CallOutcome outcome = events::v1::CALL_OUTCOME_UNSPECIFIED;
  std::uint32_t sip_code = 0;
  std::string reason;
  events::v1::CallParty hung_up_by = events::v1::CALL_PARTY_UNSPECIFIED;
};

/// Dialog records, shared by all nodes, and the call events that go with each of their steps. Steps
/// of one call are written in the order in which they are told.
class CallRecords {
 public:
  using Done = MoveFunction<void(Result<>)>;

  using Found = MoveFunction<void(Result<state::v1::DialogRecord>)>;

  virtual ~CallRecords() = default;

  /// Errc::AlreadyExists: another node, or an earlier passage of the same INVITE, has it.
  virtual void begin(const state::v1::DialogRecord& record, Done done) = 0;
  virtual void ringing(const state::v1::DialogRecord& record) = 0;
  /// `done` when it is stored, or cannot be. Errc::Cancelled: an operator, or a node that took this
  /// one for dead, has ended the call.
  virtual void answered(const state::v1::DialogRecord& record, Done done) = 0;
  virtual void ended(const state::v1::DialogRecord& record, const CallEnd& end) = 0;
  /// The live call with these tags, in either order; an early one of `tag_a` when no other has
  /// `tag_b`. Errc::NotFound, also when it has ended.
  virtual void find(std::string_view sip_call_id, std::string_view tag_a, std::string_view tag_b,
                    Found done) = 0;
  /// No error: the record is wanted.
  using Wanted = MoveFunction<Result<>(const state::v1::DialogRecord&)>;
  /// The early call of this caller becomes this process' own if it is `wanted`, whose error is
  /// given otherwise. NotFound, also when it has ended; Conflict when somebody else was faster.
  virtual void take_over(std::string_view sip_call_id, std::string_view caller_tag, Wanted wanted,
                         Found done) = 0;
  /// One of several phones refused: replaces the record, without an event.
  virtual void noted(const state::v1::DialogRecord& record) = 0;
  /// A BYE passed: ends the call that these tags belong to, if it goes on. `done` when it is
  /// written, or there is nothing to write, however long that takes.
  virtual void hung_up(std::string_view sip_call_id, std::string_view from_tag,
                       std::string_view to_tag, std::int64_t at_ms, Done done) = 0;
};

/// What a BYE from the party with `from_tag` makes of a call.
CallEnd end_by_bye(const state::v1::DialogRecord& record, std::string_view from_tag,
                   std::int64_t at_ms);

}  // namespace pbx::proxy
