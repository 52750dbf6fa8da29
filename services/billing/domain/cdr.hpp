#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "pbx/billing/v1/billing.pb.h"
#include "pbx/events/v1/call.pb.h"

namespace pbx::billing {

/// A finished call, ready to be kept.
struct FinishedCall {
  v1::Cdr cdr;
  std::uint32_t sequence = 0;  ///< Of the event that it was made of.
  std::uint64_t caller_user_id = 0;
  std::uint64_t callee_user_id = 0;
};

/// Why no CDR can be made of an event; a constant, used as a metric's label.
struct BadEvent {
  std::string_view reason;
};

/// Makes the CDR of an ENDED event, which repeats all that the earlier ones said. Text that a
/// database cannot hold (NUL, overlong) is mended; times and numbers out of range are refused.
std::variant<FinishedCall, BadEvent> make_cdr(const events::v1::CallEvent& event);

/// As stored and shown: `answered`, `no_answer` …
std::string_view outcome_name(events::v1::CallOutcome outcome);
std::string_view party_name(events::v1::CallParty party);

}  // namespace pbx::billing
