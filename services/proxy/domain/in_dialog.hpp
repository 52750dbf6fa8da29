#pragma once

#include <optional>

#include "proxy/domain/node.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/target.hpp"
#include "sip/message.hpp"

namespace pbx::proxy {

/// Where a request of an existing dialog goes next: its remaining Route, else the flow that our
/// Record-Route remembered for the side it is meant for, else its Request-URI (RFC 3261 §16.6).
/// Needs `routes.dialog`. Refusal::FlowGone: that side's connection is gone; NoSuchDialog: its
/// address cannot be told.
struct InDialogHop {
  std::optional<Refusal> refusal;
  Target target;
};
InDialogHop in_dialog_hop(const Node& node, const sip::Message& request, const RouteSet& routes,
                          std::size_t near);

}  // namespace pbx::proxy
