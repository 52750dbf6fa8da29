#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "calls/call_end.hpp"
#include "pbx/events/v1/call.pb.h"
#include "pbx/state/v1/dialog.pb.h"

namespace pbx::calls {

/// Names a call's record: the phones' Call-ID finds it, our call id tells it from others under the
/// same Call-ID.
struct Key {
  std::string sip_call_id;
  std::string call_id;

  friend bool operator==(const Key&, const Key&) = default;
};
Key key_of(const state::v1::DialogRecord& record);

/// The life of a call has one owner: apply(). A value without I/O, clock or store, which proxy, pbx
/// and gateways alike change by telling it what happened.
///
///                    Rang                    Answered
///   ┌─────────┐ ───────────► ┌─────────┐ ────────────────────► ┌──────────┐
///   │ CALLING │              │ RINGING │                       │ ANSWERED │ ◄─┐ Answered by
///   another └────┬────┘              └────┬────┘                       └─┬──────┬─┘   │ phone: one
///   leg more
///        │ NotAnswered, Closed    │ HungUp of an early leg:      │      └─────┘
///        │                        │ that leg is over, no more    │ HungUp of the last leg, Closed
///        │                        ▼                              ▼
///        └──────────────────► ENDED: once, for good ◄────────────┘
///
/// A leg: EARLY (its tag was heard) ─ Answered ─► CONFIRMED ─ HungUp ─► OVER. A hang-up is told
/// when the other side has confirmed it, not before: until then it is a claim, which whoever
/// forwards the BYE keeps. What ended stays ended; an answer that comes to it, or to a leg that is
/// over, is Late: to be hung up on both sides.
struct Call {
  state::v1::DialogRecord record;  ///< `state` and `owner` included.
  std::uint32_t sequence = 0;      ///< Of the last event given out.
  std::uint32_t version = 0;       ///< Grows with every change.
  std::optional<End> end;          ///< Set when it has ended.

  bool answered() const { return record.answered_at_ms() != 0; }
};

/// A call as it begins: its STARTED event is number 1.
Call new_call(state::v1::DialogRecord record);

/// A phone told that it rings, or the like (18x). `tag`: of its To; empty: it told none. `flow`: as
/// in its leg.
struct Rang {
  std::string tag;
  std::string flow;
  std::int64_t at_ms = 0;
  std::vector<state::v1::Fork> forks;  ///< All of them, as they stand now.
};

/// One of several phones refused.
struct BranchRefused {
  std::vector<state::v1::Fork> forks;
};

/// A phone answered. `callee`: its side, state aside.
struct Answered {
  state::v1::Leg callee;
  std::int64_t at_ms = 0;
};

/// A BYE that the other side has confirmed: by a 2xx or 481, or by being gone.
struct HungUp {
  std::string from_tag, to_tag;
  std::int64_t at_ms = 0;  ///< When they stopped talking.
  /// The node that would have written the answer was lost before it could: the BYE proves it. Since
  /// when they talked nobody knows, so nothing is charged.
  bool answer_lost = false;
};

/// The caller was given a final refusal, or gave up.
struct NotAnswered {
  End end;
};

/// The platform ends it, whatever it is doing: an operator, a limit, phones that vanished, a node
/// that was lost. `end`'s outcome and code are those of a call that nobody answered; of an answered
/// one they are put right.
struct Closed {
  End end;
};

/// A party is reached over another flow now: its phone has registered anew, and has the call.
struct Moved {
  std::string tag;
  std::string flow;  ///< As in its leg.
};

/// Another process looks after it from now on, if it is still at `version`.
struct TakenOver {
  std::string owner;
  std::uint32_t boot = 0;
  std::uint32_t version = 0;
};

using Event =
    std::variant<Rang, BranchRefused, Answered, HungUp, NotAnswered, Closed, Moved, TakenOver>;

enum class Reply : std::uint8_t {
  Ok,
  Known,     ///< Nothing new: told before, or of no consequence any more.
  Late,      ///< The call, or this leg of it, was over before: what answered is to be hung up.
  NoDialog,  ///< The call has no such dialog.
  Conflict,  ///< Somebody was faster.
};

struct Outcome {
  Reply reply = Reply::Known;
  bool changed = false;  ///< To be written; `version` has grown.
  std::vector<events::v1::CallEventKind>
      facts;  ///< To be told, with the last sequences of the call.
};

/// Tells `call` what happened.
Outcome apply(Call& call, const Event& event);

}  // namespace pbx::calls
