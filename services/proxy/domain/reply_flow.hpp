#pragma once

#include "proxy/domain/flow.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Where the answer to a request goes (RFC 3261 §18.2.2, RFC 3581): over its connection; as a
/// datagram to its source when it asked for rport, else to the port that its Via names.
Flow reply_flow(const sip::Message& request, const Flow& source);

}  // namespace pbx::proxy
