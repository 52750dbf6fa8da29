#include "proxy/domain/route_set.hpp"

#include "sip/errc.hpp"
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

  /// A value of ours: a token that is for this request. `first`: no other stood above it.
  bool read(const sip::Uri& uri, bool first, RouteSet& routes) const {
    if (routes.flow) return false;
    if (read_dialog(uri.user, routes)) return true;
    if (!first) return false;
    routes.flow = node_.tokens.read_flow(uri.user);
    if (routes.flow) routes.sealed_s = sealed_at(uri);
    routes.end_to_end = routes.sealed_s && uri.has_param(kEndToEnd);
    return routes.flow.has_value();
  }

 private:
  bool read_dialog(std::string_view text, RouteSet& routes) const {
    if (to_.empty()) return false;  // outside a dialog
    auto token = node_.tokens.read_dialog(text, request_.call_id(), from_);
    const bool from_caller = token.has_value();
    if (!token) token = node_.tokens.read_dialog(text, request_.call_id(), to_);
    if (!token || is_old(*token)) return false;
    routes.from_caller = from_caller;
    if (token->usage == DialogToken::Usage::Mark) return true;
    if (routes.dialog) return false;  // another passage
    routes.dialog = *std::move(token);
    routes.before = routes.own;
    return true;
  }

  /// A call may ring before it counts, and its end takes a moment.
  bool is_old(const DialogToken& token) const {
    const auto longest = node_.settings.max_call + std::chrono::minutes{10};
    const std::chrono::seconds until{token.made_s + longest / std::chrono::seconds{1}};
    return std::chrono::seconds{node_.now_s()} > until;
  }

  std::optional<std::uint32_t> sealed_at(const sip::Uri& uri) const {
    const auto seal = uri.param("seal");
    const auto via = request_.top_via();
    if (!seal || !via) return std::nullopt;
    const auto at_s = node_.tokens.read_seal(*seal, uri.user, request_.call_id(), via->branch);
    if (!at_s) return std::nullopt;
    const auto method = request_.method();
    const bool follows = method == sip::Method::Cancel || method == sip::Method::Ack;
    return follows || node_.now_s() <= *at_s + kOldestSeal ? at_s : std::nullopt;
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
    const auto uri = address ? address->uri() : Result<sip::Uri>{sip::Errc::BadUri};
    const bool readable = uri && uri->is_sip();
    const bool first = token.empty();
    // The second half of a pair (RFC 5658).
    const bool again = readable && !first && uri->user == token;
    const bool known = again || (readable && uri->has_user() && reader.read(*uri, first, routes));
    const bool named = readable && first && node.addresses.is_ours(*uri);
    routes.more = !known && !named;
    if (routes.more) break;
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

}  // namespace pbx::proxy
