#include "proxy/domain/own_bye.hpp"

#include <utility>

#include "core/random.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/transaction_layer.hpp"
#include "sip/branch.hpp"
#include "sip/builder.hpp"
#include "sip/reason.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

/// The record does not follow every CSeq of the two phones; this one is above what they reach.
constexpr std::uint32_t kCSeqAhead = 1'000'000;

std::string address(const std::string& aor, const std::string& tag) {
  return "<sip:" + aor + ">;tag=" + tag;
}

}  // namespace

std::optional<OwnBye> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                               std::string_view reason) {
  const auto& there = to == Side::Caller ? record.caller() : record.callee();
  const auto& here = to == Side::Caller ? record.callee() : record.caller();
  if (there.contact().empty()) return std::nullopt;
  const auto& hop_text = there.route_set().empty() ? there.contact() : there.route_set(0);
  const auto hop = sip::parse_uri(hop_text);
  const auto flow = hop ? flow_to(node.addresses, *hop, 0) : std::nullopt;
  if (!flow) return std::nullopt;

  OwnBye bye;
  bye.flow = *flow;
  bye.random = random_u64();
  std::string branch;
  sip::append_branch(branch, {node.worker, bye.random, 0});
  const auto& listener = node.addresses[flow->listener];
  auto& out = bye.bytes;
  sip::append_request_line(out, "BYE", there.contact());
  sip::append_via(out, {listener.transport, listener.host, listener.port, branch});
  sip::append_header(out, sip::HeaderId::MaxForwards, std::uint64_t{70});
  for (const auto& route : there.route_set()) {
    sip::append_header(out, sip::HeaderId::Route, "<" + route + ">");
  }
  sip::append_header(out, sip::HeaderId::From, address(here.aor(), here.tag()));
  sip::append_header(out, sip::HeaderId::To, address(there.aor(), there.tag()));
  sip::append_header(out, sip::HeaderId::CallId, record.sip_call_id());
  sip::append_cseq(out, here.cseq() + kCSeqAhead, "BYE");
  std::string why;
  sip::append_reason(why, "SIP", 200, reason.empty() ? "Ended by an operator" : reason);
  sip::append_header(out, sip::HeaderId::Reason, why);
  sip::append_body(out);
  return bye;
}

void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason) {
  for (const auto side : {Side::Caller, Side::Callee}) {
    auto bye = make_bye(node, record, side, reason);
    if (!bye) continue;
    layer.start_client(sip::Method::Bye, bye->random, bye->flow, std::move(bye->bytes), nullptr, 0);
  }
}

}  // namespace pbx::proxy
