#pragma once

#include <optional>

#include "core/result.hpp"
#include "pbx/state/v1/dialog.pb.h"
#include "proxy/domain/binding_target.hpp"
#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// What the record of a call says until it is answered, so that another node can go on with it.
/// `invite` came from `source` and is forked as `plan` says.
state::v1::Early early_of(const Node& node, const sip::Message& invite, const Flow& source,
                          const ForwardPlan& plan);

/// The call rings, or is about to, and its process is another one than this, and gone: its address
/// is ours, or its node lives no more. AlreadyExists when it is this one's, Conflict when it is one
/// that lives; PermissionDenied when it rings no more.
Result<> is_anothers(const Node& node, const state::v1::DialogRecord& record);

/// The message is the record's INVITE, its CANCEL, or a response to one of its forks.
bool belongs_to(const sip::Message& message, const state::v1::DialogRecord& record);

/// Where the INVITE came from, as reached from here. A connection that is gone: the address, to be
/// connected to. nullopt: there is no listener of that kind here.
std::optional<Flow> source_of(const Node& node, const state::v1::Early& early);

/// The address of the node that wrote the record is ours: who sends to it means us.
bool is_at_home(const Node& node, const state::v1::Early& early);

/// The node that began the call, as its forks show it; nullopt: the record does not tell.
std::optional<Predecessor> predecessor_of(const Node& node, const state::v1::Early& early);

/// What the branches of its forks say of the node that made them.
Origin origin_of(const Node& node, const state::v1::Early& early);

/// How `invite` was forked by the node that wrote the record.
ForwardPlan plan_of(const Node& node, const sip::Message& invite, const state::v1::Early& early);

}  // namespace pbx::proxy
