#include "proxy/domain/second_hop.hpp"

#include <algorithm>
#include <string>

#include "proxy/domain/forwarder.hpp"
#include "proxy/domain/route_set.hpp"
#include "sip/branch.hpp"
#include "sip/builder.hpp"
#include "sip/reason.hpp"

namespace pbx::proxy {
namespace {

constexpr std::uint16_t kMostWorkers = 16;  ///< A CANCEL each.

std::string reason_line(const sip::Message& cancel) {
  std::string lines;
  for (const auto field : cancel.fields(sip::HeaderId::Reason)) lines += field.line;
  return lines;
}

}  // namespace

std::uint64_t second_hop_branch(const Node& node, const sip::Message& request) {
  std::string place;
  if (const auto via = request.top_via()) {
    place.append(via->host).append(":").append(std::to_string(via->port_or_default()));
    place.append(" ").append(via->branch);
  }
  return node.tokens.branch_random(request.call_id(), place);
}

void cancel_at_phone(const Node& node, TransactionLayer& layer, const sip::Message& cancel,
                     const Flow& source, const Flow& flow) {
  ForwardPlan plan;
  plan.pop_routes = read_routes(node, cancel).own;
  plan.max_forwards = next_max_forwards(cancel);
  plan.loop_hash = sip::loop_hash(cancel);
  Target target;
  target.flow = flow;
  const auto random = second_hop_branch(node, cancel);
  const auto workers = std::min(node.settings.workers, kMostWorkers);
  for (std::uint16_t worker = 0; worker < workers; ++worker) {
    plan.worker = worker;
    std::string forwarded;
    append_forwarded(forwarded, node, cancel, source, plan, target, random);
    const auto sent = sip::parse_message(forwarded);
    if (!sent) return;
    std::string bytes;
    sip::append_cancel(bytes, *sent, reason_line(cancel));
    layer.wire().send(flow, bytes, 0);
  }
}

}  // namespace pbx::proxy
