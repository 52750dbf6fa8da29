#include "proxy/domain/early.hpp"

#include <utility>

#include "core/errc.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/transaction_layer.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/rewrite.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {
namespace {

bool answers(const sip::Message& response, const state::v1::DialogRecord& record) {
  const auto own = answered_request(response);
  const auto caller = second_via(response);
  return own && caller && caller->branch == record.invite_branch() &&
         own->branch.loop_hash == record.early().loop_hash();
}

/// How forks name us that leave next to where the INVITE came in: by UDP, where there is that.
std::string sent_by(const Addresses& addresses, std::uint8_t near) {
  const auto udp = addresses.to_send(sip::Transport::Udp, addresses[near].bind.v6, near);
  const auto& listener = addresses[udp.value_or(near)];
  return listener.host + ":" + std::to_string(listener.port);
}

}  // namespace

state::v1::Early early_of(const Node& node, const sip::Message& invite, const Flow& source,
                          const ForwardPlan& plan) {
  state::v1::Early early;
  sip::Rewriter rewriter{invite};
  rewriter.body({}, {});
  node.boundary.drop_credentials(rewriter, invite);
  rewriter.write(*early.mutable_invite());
  node.tokens.append(*early.mutable_source(), node.tokens.token_of(source, node.addresses));
  early.set_loop_hash(plan.loop_hash);
  early.set_worker(node.worker);
  early.set_boot(node.settings.boot);
  early.set_key(plan.origin ? plan.origin->key : node.tokens.key());
  early.set_sent_by(sent_by(node.addresses, source.listener));
  return early;
}

Result<> is_anothers(const Node& node, const state::v1::DialogRecord& record) {
  if (record.answered_at_ms() != 0 || record.early().invite().empty()) {
    return Errc::PermissionDenied;
  }
  const auto boot = record.early().boot();
  const bool own = record.owner() == node.settings.node && boot == node.settings.boot;
  if (own) return Errc::AlreadyExists;
  const auto seen_s = static_cast<std::uint32_t>(record.started_at_ms() / 1'000);
  const bool gone = is_at_home(node, record.early()) || !node.lives(record.owner(), boot, seen_s);
  return gone ? Result<>{} : Result<>{Errc::Conflict};
}

bool belongs_to(const sip::Message& message, const state::v1::DialogRecord& record) {
  if (!message.is_request()) return answers(message, record);
  const auto via = message.top_via();
  return via && via->branch == record.invite_branch();
}

std::optional<Flow> source_of(const Node& node, const state::v1::Early& early) {
  const auto token = node.tokens.read_flow(early.source());
  if (!token) return std::nullopt;
  if (const auto flow = node.tokens.flow_of(*token, node.addresses)) return flow;
  auto listener = node.addresses.by_name(token->listener);
  if (!listener || node.addresses[*listener].transport != token->transport) {
    listener = node.addresses.to_send(token->transport, token->remote.v6, 0);
  }
  if (!listener) return std::nullopt;
  return Flow{token->transport, *listener, token->remote, 0};
}

bool is_at_home(const Node& node, const state::v1::Early& early) {
  const auto token = node.tokens.read_flow(early.source());
  return token && node.addresses.is_home(token->home);
}

std::optional<Predecessor> predecessor_of(const Node& node, const state::v1::Early& early) {
  const auto token = node.tokens.read_flow(early.source());
  const auto via = sip::parse_host_port(early.sent_by());
  if (!token || !via) return std::nullopt;
  return Predecessor{token->home, std::string{via->host}, via->port};
}

Origin origin_of(const Node& node, const state::v1::Early& early) {
  Origin origin{static_cast<std::uint16_t>(early.worker()), static_cast<std::uint8_t>(early.key()),
                0};
  if (const auto token = node.tokens.read_flow(early.source())) origin.listener = token->listener;
  return origin;
}

ForwardPlan plan_of(const Node& node, const sip::Message& invite, const state::v1::Early& early) {
  ForwardPlan plan;
  plan.pop_routes = read_routes(node, invite).own;
  plan.max_forwards = next_max_forwards(invite);
  plan.loop_hash = early.loop_hash();
  plan.origin = origin_of(node, early);
  plan.record_route.emplace().usage = DialogToken::Usage::Call;
  return plan;
}

}  // namespace pbx::proxy
