#include "proxy/domain/binding_target.hpp"

#include "proxy/domain/route_set.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/text.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::proxy {
namespace {

log::RateLimited foreign_line{log::Level::Warn, "binding of another user passed over"};

std::string bracketed(const std::string& uri) { return "<" + uri + ">"; }

/// Where a phone is that registered without a Path: a registrar's own view.
std::optional<Flow> flow_to_contact(const Addresses& addresses, const std::string& contact,
                                    std::size_t near) {
  const auto uri = sip::parse_uri(contact);
  if (!uri || uri->scheme != sip::Scheme::Sip) return std::nullopt;
  const auto remote = Endpoint::from(uri->host, uri->port_or_default());
  if (!remote) return std::nullopt;
  return flow_to(addresses, Home{uri->transport().value_or(sip::Transport::Udp), *remote}, near);
}

std::string path_uri(const Node& node, const FlowToken& token, std::string_view host,
                     std::uint16_t port, sip::Transport transport) {
  std::string uri = "sip:";
  node.tokens.append(uri, token);
  uri.append("@").append(host).append(":");
  sip::append_number(uri, port);
  if (transport != sip::Transport::Udp) {
    uri += ";transport=";
    uri += sip::transport_param(transport);
  }
  return uri + ";lr";
}

bool is_of(const state::v1::Binding& binding, UserId user) {
  if (binding.user_id() == user.value) return true;
  foreign_line({{"tells", binding.user_id()}, {"user", user.value}, {"source", binding.source()}});
  return false;
}

}  // namespace

std::optional<Target> target_of(const Node& node, const state::v1::Binding& binding, UserId user,
                                std::size_t near, const Predecessor* lost) {
  if (!is_of(binding, user)) return std::nullopt;
  Target target;
  target.request_uri = request_uri_of(binding.contact());
  target.told = node.boundary.is_told(DeviceId{binding.device_id()});
  if (binding.path().empty()) {
    const auto flow = flow_to_contact(node.addresses, binding.contact(), near);
    if (!flow) return std::nullopt;
    target.flow = *flow;
    return target;
  }

  const auto edge = sip::parse_uri(binding.path(0));
  if (!edge) return std::nullopt;
  const auto token = node.tokens.read_flow(edge->user);
  if (!token) return std::nullopt;
  const bool held =
      lost != nullptr ? token->home == lost->home : node.addresses.is_home(token->home);
  const auto flow = held ? node.tokens.flow_of(*token, node.addresses)
                         : flow_to(node.addresses, token->home, near);
  if (!flow) return std::nullopt;
  target.flow = *flow;
  target.node = !held;
  target.phone = held && binding.path_size() == 1;
  if (lost != nullptr) {
    target.via_host = held ? std::string{edge->host} : lost->via_host;
    target.via_port = held ? edge->port_or_default() : lost->via_port;
  }
  const int first_route = held ? 1 : 0;
  for (int i = first_route; i < binding.path_size(); ++i) {
    target.routes.push_back(bracketed(binding.path(i)));
  }
  return target;
}

std::string_view request_uri_of(std::string_view contact) {
  const auto uri = sip::parse_uri(contact);
  if (!uri || uri->headers.empty()) return contact;
  return contact.substr(0, contact.size() - uri->headers.size() - 1);
}

std::string path_of(const Node& node, const Flow& flow) {
  // Nodes talk to each other by UDP where they can: no connection to make first.
  const auto udp = node.addresses.to_send(sip::Transport::Udp, flow.remote.v6, flow.listener);
  const auto& listener = node.addresses[udp.value_or(flow.listener)];
  return path_uri(node, node.tokens.token_of(flow, node.addresses), listener.host, listener.port,
                  listener.transport) +
         ";ob";
}

std::string path_of(const Node& node, const FlowToken& token) {
  std::string host;
  token.home.at.append_host(host);
  return path_uri(node, token, host, token.home.at.port, token.home.transport);
}

}  // namespace pbx::proxy
