#pragma once

#include <optional>

#include "proxy/domain/node.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/target.hpp"

namespace pbx::proxy {

/// To the node that keeps a dialog's record, as its token says, when the request has come to
/// another one of its way and that node lives. nullopt: what is to be done is done here. Needs
/// `routes.dialog`.
std::optional<Target> way_to_anchor(const Node& node, const RouteSet& routes, std::size_t near);

/// To a side of the dialog that `dialog` belongs to: over its flow from here, or sealed through the
/// node that has it. nullopt: its connection is gone.
std::optional<Target> target_at(const Node& node, const FlowToken& side, const DialogToken& dialog,
                                std::size_t near);

/// The side that the request is for, as the token has it. Where a record can be read, its leg
/// counts instead: a token tells of one branch, which may be another phone's.
inline const FlowToken& other_side(const RouteSet& routes) {
  return routes.from_caller ? routes.dialog->callee : routes.dialog->caller;
}

/// Through the node that has a phone's flow: a Target of node `home`, with the Route to be sealed.
std::optional<Target> target_through(const Node& node, const FlowToken& phone, std::size_t near);

}  // namespace pbx::proxy
