#include "proxy/domain/route_set.hpp"

#include "sip/name_addr.hpp"

namespace pbx::proxy {

RouteSet read_routes(const Node& node, const sip::Message& request) {
  RouteSet routes;
  std::string_view token;
  for (const auto value : request.values(sip::HeaderId::Route)) {
    const auto address = sip::parse_name_addr(value);
    if (!address) break;
    const auto uri = address->uri();
    const bool ours = uri && uri->is_sip() && node.addresses.is_ours(*uri);
    // Of a token only the second half of a pair follows (RFC 5658); a route through us again that
    // comes after it is another passage.
    if (!ours || (!token.empty() && uri->user != token)) {
      routes.next = address->uri_text;
      break;
    }
    ++routes.own;
    if (!uri->has_user() || !token.empty()) continue;
    token = uri->user;
    routes.dialog = node.tokens.read_dialog(token);
    if (!routes.dialog) routes.flow = node.tokens.read_flow(token);
    routes.forged = !routes.dialog && !routes.flow;
  }
  return routes;
}

std::optional<Flow> flow_to(const Addresses& addresses, const sip::Uri& uri, std::size_t near) {
  if (uri.scheme != sip::Scheme::Sip) return std::nullopt;
  const auto transport = uri.transport().value_or(sip::Transport::Udp);
  const auto remote = Endpoint::from(uri.host, uri.port_or_default());
  if (!remote) return std::nullopt;
  const auto listener = addresses.to_send(transport, remote->v6, near);
  if (!listener) return std::nullopt;
  return Flow{transport, *listener, *remote, 0};
}

}  // namespace pbx::proxy
