#include "proxy/domain/binding_target.hpp"

#include "proxy/domain/route_set.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/text.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::proxy {
namespace {

log::RateLimited foreign_line{log::Level::Warn, "binding of another user passed over"};

std::string bracketed(const std::string& uri) { return "<" + uri + ">"; }

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
    const auto contact = sip::parse_uri(binding.contact());
    const auto flow = contact ? flow_to(node.addresses, *contact, near) : std::nullopt;
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
  std::string uri = "sip:";
  node.tokens.append(uri, node.tokens.token_of(flow, node.addresses));
  uri += '@';
  uri += listener.host;
  uri += ':';
  sip::append_number(uri, listener.port);
  if (listener.transport != sip::Transport::Udp) {
    uri += ";transport=";
    uri += sip::transport_param(listener.transport);
  }
  uri += ";lr;ob";
  return uri;
}

}  // namespace pbx::proxy
