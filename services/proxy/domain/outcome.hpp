#pragma once

#include <string_view>

#include "pbx/events/v1/call.pb.h"

namespace pbx::proxy {

/// How a call that was never answered is booked, by the final response its caller was given.
/// `by_caller`: it was cancelled.
events::v1::CallOutcome outcome_of(int code, bool by_caller);

/// Who ended such a call.
events::v1::CallParty ended_by(int code, bool by_caller);

/// A sentence for the CDR; `detail` (such as a Reason text) wins when it says something.
std::string_view reason_of(int code, bool by_caller);

/// The code that goes to the caller for the best of the branches' codes: what tells of our own
/// insides is turned into what the caller can use (RFC 3261 §16.7 step 6; RFC 5626 §5.3).
int upstream_code(int best);

}  // namespace pbx::proxy
