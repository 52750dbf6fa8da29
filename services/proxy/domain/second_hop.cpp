#include "proxy/domain/second_hop.hpp"

#include <algorithm>
#include <string>

#include "proxy/domain/cancel.hpp"
#include "proxy/domain/route_set.hpp"
#include "sip/branch.hpp"
#include "sip/builder.hpp"
#include "sip/reason.hpp"

namespace pbx::proxy {
namespace {

constexpr std::uint16_t kMostWorkers = 16;  ///< A message each.

/// A CANCEL or an ACK of the first hop.
struct Follower {
  const sip::Message& message;
  const Flow& source;
  const Flow& flow;
  std::uint64_t loop_hash;  ///< Of the INVITE.
};

/// Sends what `append` makes of the message that each worker of the lost node would have passed on.
template <class Append>
void follow_invite(const Node& node, TransactionLayer& layer, const Follower& follower,
                   const Append& append) {
  const auto routes = read_routes(node, follower.message);
  ForwardPlan plan;
  plan.pop_routes = routes.own;
  plan.at_s = routes.sealed_s.value_or(0);
  plan.max_forwards = next_max_forwards(follower.message);
  plan.loop_hash = follower.loop_hash;
  Target target;
  target.flow = follower.flow;
  auto origin = second_hop_origin(node, follower.message, follower.source);
  const auto random = second_hop_branch(node, follower.message, origin.key);
  const auto workers = std::min(node.settings.workers, kMostWorkers);
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    origin.worker = worker;
    plan.origin = origin;
    const auto branch = branch_of(node, follower.message, follower.source, plan, random);
    std::string forwarded;
    append_forwarded(forwarded, node, follower.message, follower.source, plan, target, branch);
    const auto sent = sip::parse_message(forwarded);
    if (!sent) return;
    std::string bytes;
    append(bytes, *sent);
    layer.wire().send(follower.flow, bytes, 0);
  }
}

}  // namespace

Origin second_hop_origin(const Node& node, const sip::Message& request, const Flow& source) {
  Origin origin{node.worker, node.tokens.key(), node.addresses[source.listener].name};
  const auto via = request.top_via();
  if (const auto branch = via ? sip::parse_branch(via->branch) : std::nullopt) {
    origin.key = branch->key;
  }
  return origin;
}

std::optional<Home> first_hop_of(const Node& node, const sip::Message& request) {
  const auto route = request.first_address(sip::HeaderId::RecordRoute);
  const auto from = request.from();
  if (!route || !*route || !from) return std::nullopt;
  return home_of(node, (*route)->uri_text, request.call_id(), from->tag());
}

std::uint64_t second_hop_branch(const Node& node, const sip::Message& request, std::uint8_t key) {
  std::string place;
  if (const auto via = request.top_via()) {
    place.append(via->host).append(":").append(std::to_string(via->port_or_default()));
    place.append(" ").append(via->branch);
  }
  return node.tokens.branch_random(request.call_id(), place, key);
}

void cancel_at_phone(const Node& node, TransactionLayer& layer, const sip::Message& cancel,
                     const Flow& source, const Flow& flow) {
  const auto append = [reason = reason_line_of(cancel)](std::string& out,
                                                        const sip::Message& sent) {
    sip::append_cancel(out, sent, reason);
  };
  follow_invite(node, layer, {cancel, source, flow, sip::loop_hash(cancel)}, append);
}

void acknowledge_at_phone(const Node& node, TransactionLayer& layer, const sip::Message& ack,
                          const Flow& source, const Flow& flow) {
  const auto append = [](std::string& out, const sip::Message& sent) {
    sip::append_ack(out, sent, sent);
  };
  follow_invite(node, layer, {ack, source, flow, sip::acknowledged_loop_hash(ack)}, append);
}

}  // namespace pbx::proxy
