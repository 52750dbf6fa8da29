#include "proxy/domain/binding_target.hpp"

#include "proxy/domain/route_set.hpp"
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
                                std::size_t near, Holding holding) {
  if (!is_of(binding, user)) return std::nullopt;
  Target target;
  target.request_uri = request_uri_of(binding.contact());
  if (binding.path().empty()) {
    const auto contact = sip::parse_uri(binding.contact());
    const auto flow = contact ? flow_to(node.addresses, *contact, near) : std::nullopt;
    if (!flow) return std::nullopt;
    target.flow = *flow;
    return target;
  }

  const auto edge = sip::parse_uri(binding.path(0));
  if (!edge) return std::nullopt;
  int first_route = 0;
  const bool held = holding == Holding::All || edge->host == node.addresses[near].host;
  if (held && node.addresses.is_ours(*edge)) {
    const auto token = node.tokens.read_flow(edge->user);
    const auto flow = token ? node.tokens.flow_of(*token, node.addresses) : std::nullopt;
    if (!flow) return std::nullopt;
    target.flow = *flow;
    target.phone = binding.path_size() == 1;
    first_route = 1;
  } else {
    const auto flow = flow_to(node.addresses, *edge, near);
    if (!flow) return std::nullopt;
    target.flow = *flow;
  }
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
