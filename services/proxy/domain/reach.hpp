#pragma once

#include "proxy/domain/flow.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Where the phone that sent `message` over `source` is called: at its Contact, or over the flow
/// that it came by. The flow counts
///  - on a stream: a phone cannot be connected to;
///  - where a NAT is seen: the Contact's host, or the Via's, is an address and not the source's;
///  - where the two agree on Outbound (RFC 5626): the phone supports it and sends an instance with
///  a
///    reg-id, or says `ob` in its Contact;
///  - where the Contact says nothing better: several, none, a name, another transport.
/// Else the answer is the source with the Contact's port: phones that listen at one port and send
/// from another (Cisco 79xx, SIPp) are called where they listen. The address is always the
/// source's, so no phone has calls sent to another host.
Flow reach_of(const sip::Message& message, const Flow& source);

}  // namespace pbx::proxy
