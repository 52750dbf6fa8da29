#include "proxy/domain/reach.hpp"

#include "sip/contact.hpp"

namespace pbx::proxy {
namespace {

bool is_host(const Endpoint& endpoint, std::string_view host) {
  const auto named = Endpoint::from(host, 0);
  return named && named->ip == endpoint.ip && named->v6 == endpoint.v6;
}

/// The Via is the phone's own unless another proxy stands between.
bool nat_in_via(const sip::Message& message, const Flow& source) {
  const auto via = message.top_via();
  return via && Endpoint::from(via->host, 0) && !is_host(source.remote, via->host);
}

bool agrees_on_outbound(const sip::Message& message, const sip::Contact& contact,
                        const sip::Uri& uri) {
  if (uri.has_param("ob")) return true;
  return contact.reg_id != 0 && !contact.instance.empty() &&
         message.lists(sip::HeaderId::Supported, "outbound");
}

}  // namespace

Flow reach_of(const sip::Message& message, const Flow& source) {
  if (source.transport != sip::Transport::Udp) return source;
  const auto contacts = sip::parse_contacts(message);
  if (!contacts || contacts->size() != 1 || contacts->front().star) return source;
  const auto& contact = contacts->front();
  const auto uri = contact.address.uri();
  if (!uri || uri->scheme != sip::Scheme::Sip || uri->has_param("maddr")) return source;
  if (uri->transport().value_or(sip::Transport::Udp) != sip::Transport::Udp) return source;
  if (!is_host(source.remote, uri->host) || nat_in_via(message, source)) return source;
  if (agrees_on_outbound(message, contact, *uri)) return source;
  auto reach = source;
  reach.remote.port = uri->port_or_default();
  return reach;
}

}  // namespace pbx::proxy
