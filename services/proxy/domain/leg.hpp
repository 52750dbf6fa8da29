#pragma once

#include "pbx/state/v1/dialog.pb.h"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// The caller's side as its INVITE tells it: tag, contact, CSeq.
state::v1::Leg caller_leg(const sip::Message& invite);

/// The 2xx went through a Record-Route of ours that keeps the dialog's record.
bool is_anchor(const Node& node, const sip::Message& answer);

/// Completes both sides from the 2xx that answered: the callee's tag and contact, and how a request
/// gets to either side from anywhere. Each route set begins with this proxy's own Record-Route.
void set_answered_legs(state::v1::DialogRecord& record, const Node& node,
                       const sip::Message& answer);

}  // namespace pbx::proxy
