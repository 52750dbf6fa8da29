#pragma once

#include <cstdint>
#include <string>

#include "calls/call.hpp"
#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// The caller's side as its INVITE from `source` tells it: tag, contact, CSeq, the hops of others
/// on the way to it, and its flow.
state::v1::Leg caller_leg(const Node& node, const sip::Message& invite, const Flow& source);

/// The callee's side as its 2xx tells it. Its flow is that of the place that it was rung at: what
/// it says of that itself does not count. `aor`: the callee's.
state::v1::Leg callee_leg(const Node& node, const sip::Message& answer, const Target& place,
                          const std::string& aor);

/// The flow of a place, as a leg keeps it.
std::string flow_text(const Node& node, const Target& place);

}  // namespace pbx::proxy
