#include "proxy/domain/in_dialog.hpp"

namespace pbx::proxy {
namespace {

InDialogHop refused(Refusal refusal) { return {refusal, {}}; }

InDialogHop hop_to(const std::optional<Flow>& flow, bool phone) {
  if (!flow) return refused(phone ? Refusal::FlowGone : Refusal::NoSuchDialog);
  InDialogHop hop;
  hop.target.flow = *flow;
  hop.target.phone = phone;
  return hop;
}

}  // namespace

InDialogHop in_dialog_hop(const Node& node, const sip::Message& request, const RouteSet& routes,
                          std::size_t near) {
  if (routes.next) {
    const auto uri = sip::parse_uri(*routes.next);
    return hop_to(uri ? flow_to(node.addresses, *uri, near) : std::nullopt, false);
  }
  const auto from = request.from();
  if (!from) return refused(Refusal::NoSuchDialog);
  const bool from_caller = node.tokens.tag_hash(from->tag()) == routes.dialog->caller_tag;
  const auto& token = from_caller ? routes.dialog->callee : routes.dialog->caller;
  if (token) return hop_to(node.tokens.flow_of(*token, node.addresses), true);
  const auto uri = request.request_uri();
  return hop_to(uri ? flow_to(node.addresses, *uri, near) : std::nullopt, false);
}

}  // namespace pbx::proxy
