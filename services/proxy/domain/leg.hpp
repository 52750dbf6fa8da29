#pragma once

#include <cstdint>
#include <string>

#include "calls/call.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// The caller's side as its INVITE tells it: tag, contact, CSeq.
state::v1::Leg caller_leg(const sip::Message& invite);

/// What a 2xx says of the call: the callee's tag and contact, and how a request gets to either side
/// from anywhere. Each route set begins with this proxy's own Record-Route. `aor`: the callee's.
calls::Answered answer_of(const Node& node, const sip::Message& answer, const std::string& aor,
                          std::int64_t at_ms);

}  // namespace pbx::proxy
