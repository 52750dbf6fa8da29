#include "proxy/domain/in_dialog.hpp"

namespace pbx::proxy {
namespace {

InDialogHop hop_to(const std::optional<Flow>& flow, Refusal otherwise) {
  InDialogHop hop;
  if (flow) {
    hop.target.flow = *flow;
  } else {
    hop.refusal = otherwise;
  }
  return hop;
}

}  // namespace

InDialogHop in_dialog_hop(const Node& node, const RouteSet& routes, std::size_t near) {
  const auto& dialog = *routes.dialog;
  const auto& side = routes.from_caller ? dialog.callee : dialog.caller;
  if (!side) {
    const auto& next = routes.next;
    return hop_to(next ? flow_to(node.addresses, *next, near) : std::nullopt,
                  Refusal::NoSuchDialog);
  }
  const auto flow = node.tokens.flow_of(*side, node.addresses);
  const bool elsewhere = !flow && !node.addresses.is_home(dialog.home);
  auto hop =
      hop_to(elsewhere ? flow_to(node.addresses, dialog.home, near) : flow, Refusal::FlowGone);
  hop.target.phone = !elsewhere;
  hop.passes = elsewhere;
  return hop;
}

}  // namespace pbx::proxy
