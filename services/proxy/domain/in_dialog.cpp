#include "proxy/domain/in_dialog.hpp"

#include "proxy/domain/binding_target.hpp"

namespace pbx::proxy {

std::optional<Target> way_to_anchor(const Node& node, const RouteSet& routes, std::size_t near) {
  const auto& anchor = *routes.dialog;
  if (routes.before == 0 || node.addresses.is_home(anchor.home)) return std::nullopt;
  if (!node.lives_at(anchor.home, anchor.made_s)) return std::nullopt;
  const auto flow = flow_to(node.addresses, anchor.home, near);
  if (!flow) return std::nullopt;
  Target target;
  target.flow = *flow;
  return target;
}

std::optional<Target> target_through(const Node& node, const FlowToken& phone, std::size_t near) {
  const auto flow = flow_to(node.addresses, phone.home, near);
  if (!flow) return std::nullopt;
  Target target;
  target.flow = *flow;
  target.node = true;
  target.routes.push_back("<" + path_of(node, phone) + ">");
  return target;
}

std::optional<Target> target_at(const Node& node, const FlowToken& side, const DialogToken& dialog,
                                std::size_t near) {
  const bool here = node.addresses.is_home(side.home);
  // The anchor's own flows are good from anywhere, unless only it can have them.
  const bool through =
      !here && !(side.home == dialog.home) && node.lives_at(side.home, dialog.made_s);
  const auto flow = through ? std::nullopt : node.tokens.flow_of(side, node.addresses);
  if (!flow) return here ? std::nullopt : target_through(node, side, near);
  Target target;
  target.flow = *flow;
  target.phone = true;
  return target;
}

}  // namespace pbx::proxy
