#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pbx/events/v1/call.pb.h"

namespace pbx::calls {

/// Why and how a call ended.
struct End {
  std::int64_t at_ms = 0;
  events::v1::CallOutcome outcome = events::v1::CALL_OUTCOME_UNSPECIFIED;
  std::uint32_t sip_code = 0;
  std::string reason;  ///< A sentence.
  events::v1::CallParty hung_up_by = events::v1::CALL_PARTY_UNSPECIFIED;
  std::string node;  ///< Who wrote it.
};

/// The end of an answered call that one of its parties hung up.
End hung_up(bool by_caller, std::int64_t at_ms);
/// The end of a call whose caller gave up, before an answer.
End given_up(std::int64_t at_ms);
/// The platform ends a call; `code`: what the caller is told if nobody has answered it.
End closed(std::string_view reason, std::uint32_t code, std::int64_t at_ms);

}  // namespace pbx::calls
