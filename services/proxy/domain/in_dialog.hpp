#pragma once

#include <optional>

#include "proxy/domain/node.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/target.hpp"

namespace pbx::proxy {

/// Where a request of an existing dialog goes next: to the side that it is meant for, as our
/// Record-Route remembered it, or else to the next node of ours. A Request-URI or Route that we did
/// not sign is followed nowhere. Needs `routes.dialog`. Refusal::FlowGone: that side's connection
/// is gone; NoSuchDialog: no node of ours follows.
struct InDialogHop {
  std::optional<Refusal> refusal;
  Target target;
  /// To the node that holds the side's connection, which does what is to be done: its Route stays.
  bool passes = false;
};
InDialogHop in_dialog_hop(const Node& node, const RouteSet& routes, std::size_t near);

}  // namespace pbx::proxy
