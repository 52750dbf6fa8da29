#include "proxy/domain/route_set.hpp"

#include "sip/name_addr.hpp"

namespace pbx::proxy {
namespace {

/// A CANCEL and an ACK follow their INVITE, however late; for the rest a seal is as old as the way
/// between two nodes and the difference of their clocks.
constexpr std::uint32_t kOldestSeal = 300;

/// Reads the tokens that are for one request.
class Reader {
 public:
  Reader(const Node& node, const sip::Message& request) : node_{node}, request_{request} {
    const auto from = request.from();
    const auto to = request.to();
    if (from) from_ = from->tag();
    if (to) to_ = to->tag();
  }

  /// The token in `user`, if it is one for this request.
  bool read(const sip::Uri& uri, RouteSet& routes) const {
    if (read_dialog(uri.user, routes)) return true;
    routes.flow = node_.tokens.read_flow(uri.user);
    routes.sealed = routes.flow && is_sealed(uri);
    return routes.flow.has_value();
  }

  /// The next node of the dialog is this one, or gone: what it would do is done here, as far as its
  /// token tells.
  bool stands_in(const sip::Uri& uri, RouteSet& routes) const {
    RouteSet other;
    if (!routes.dialog || !read_dialog(uri.user, other)) return false;
    const auto& next = *other.dialog;
    if (node_.lives_at(next.home, next.made_s) && !node_.addresses.is_home(next.home)) return false;
    auto& dialog = *routes.dialog;
    if (!dialog.caller) dialog.caller = next.caller;
    if (!dialog.callee) dialog.callee = next.callee;
    dialog.anchor = dialog.anchor || next.anchor;
    return true;
  }

  std::optional<Home> next(std::string_view uri_text) const {
    const auto uri = sip::parse_uri(uri_text);
    RouteSet other;
    if (!uri || !uri->has_user() || !read_dialog(uri->user, other)) return std::nullopt;
    return other.dialog->home;
  }

 private:
  bool read_dialog(std::string_view token, RouteSet& routes) const {
    if (to_.empty()) return false;  // outside a dialog
    auto read = node_.tokens.read_dialog(token, request_.call_id(), from_);
    routes.from_caller = read.has_value();
    if (!read) read = node_.tokens.read_dialog(token, request_.call_id(), to_);
    if (!read) return false;
    // A call may ring before it counts, and its end takes a moment.
    const auto longest = node_.settings.max_call + std::chrono::minutes{10};
    const std::chrono::seconds until{read->made_s + longest / std::chrono::seconds{1}};
    if (std::chrono::seconds{node_.now_s()} > until) return false;
    routes.dialog = *read;
    return true;
  }

  bool is_sealed(const sip::Uri& uri) const {
    const auto seal = uri.param("seal");
    const auto via = request_.top_via();
    if (!seal || !via) return false;
    const auto at_s = node_.tokens.read_seal(*seal, uri.user, request_.call_id(), via->branch);
    if (!at_s) return false;
    const auto method = request_.method();
    const bool follows = method == sip::Method::Cancel || method == sip::Method::Ack;
    return follows || node_.now_s() <= *at_s + kOldestSeal;
  }

  const Node& node_;
  const sip::Message& request_;
  std::string_view from_, to_;
};

}  // namespace

RouteSet read_routes(const Node& node, const sip::Message& request) {
  RouteSet routes;
  const Reader reader{node, request};
  std::string_view token;
  for (const auto value : request.values(sip::HeaderId::Route)) {
    const auto address = sip::parse_name_addr(value);
    if (!address) break;
    const auto uri = address->uri();
    // Of a token only the second half of a pair follows (RFC 5658); a route through us again that
    // comes after it is another passage.
    const bool first = token.empty();
    const bool readable = uri && uri->is_sip();
    const bool known =
        readable && uri->has_user() && (first ? reader.read(*uri, routes) : uri->user == token);
    const bool named = readable && first && node.addresses.is_ours(*uri);
    const bool done_here = readable && !first && !known && reader.stands_in(*uri, routes);
    if (!known && !named && !done_here) {
      routes.more = true;
      routes.next = reader.next(address->uri_text);
      break;
    }
    ++routes.own;
    if (!uri->has_user()) continue;
    if (first) routes.forged = !known;
    token = uri->user;
  }
  return routes;
}

std::optional<Home> home_of(const Node& node, std::string_view route_uri, std::string_view call_id,
                            std::string_view caller_tag) {
  const auto uri = sip::parse_uri(route_uri);
  if (!uri || !uri->has_user()) return std::nullopt;
  const auto token = node.tokens.read_dialog(uri->user, call_id, caller_tag);
  return token ? std::optional{token->home} : std::nullopt;
}

std::optional<Flow> flow_to(const Addresses& addresses, const Home& home, std::size_t near) {
  const auto listener = addresses.to_send(home.transport, home.at.v6, near);
  if (!listener) return std::nullopt;
  return Flow{home.transport, *listener, home.at, 0};
}

std::optional<Flow> flow_to(const Addresses& addresses, const sip::Uri& uri, std::size_t near) {
  if (uri.scheme != sip::Scheme::Sip) return std::nullopt;
  const auto transport = uri.transport().value_or(sip::Transport::Udp);
  const auto remote = Endpoint::from(uri.host, uri.port_or_default());
  return remote ? flow_to(addresses, Home{transport, *remote}, near) : std::nullopt;
}

}  // namespace pbx::proxy
