#pragma once

#include <optional>

#include "core/result.hpp"
#include "pbx/state/v1/dialog.pb.h"
#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// What the record of a call says until it is answered, so that another node can go on with it.
/// `invite` came from `source` and is forked as `plan` says.
state::v1::Early early_of(const Node& node, const sip::Message& invite, const Flow& source,
                          const ForwardPlan& plan);

/// The call rings, or is about to, and its process is another one than this: one that is gone, if
/// messages of the call come here. AlreadyExists when it is this one's; PermissionDenied when it
/// rings no more.
Result<> is_anothers(const Node& node, const state::v1::DialogRecord& record);

/// The message is the record's INVITE, its CANCEL, or a response to one of its forks.
bool belongs_to(const sip::Message& message, const state::v1::DialogRecord& record);

/// Where the INVITE came from. A connection that is gone: the address, to be connected to. nullopt:
/// its listener is none of ours, so nothing of the call would come here.
std::optional<Flow> source_of(const Node& node, const state::v1::Early& early);

/// How `invite` was forked by the node that wrote the record.
ForwardPlan plan_of(const Node& node, const sip::Message& invite, const state::v1::Early& early);

}  // namespace pbx::proxy
