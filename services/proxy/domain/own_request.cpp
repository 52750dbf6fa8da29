#include "proxy/domain/own_request.hpp"

#include <utility>

#include "core/random.hpp"
#include "proxy/domain/binding_target.hpp"
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

struct Legs {
  const state::v1::Leg& there;
  const state::v1::Leg& here;
};

Legs legs_of(const state::v1::DialogRecord& record, Side to) {
  if (to == Side::Caller) return {record.caller(), record.callee()};
  return {record.callee(), record.caller()};
}

/// How a phone is reached: the first hop, and how many of its routes are left out.
struct Start {
  Flow flow;
  int skip = 0;
};

std::optional<Start> by_uri(const Node& node, const std::string& text, int skip) {
  const auto uri = sip::parse_uri(text);
  const auto flow = uri ? flow_to(node.addresses, *uri, 0) : std::nullopt;
  return flow ? std::optional{Start{*flow, skip}} : std::nullopt;
}

/// What the first hop would do is done here.
std::optional<Start> around(const Node& node, const state::v1::Leg& leg) {
  if (leg.route_set_size() > 1) return by_uri(node, leg.route_set(1), 1);
  const auto token = node.tokens.read_flow(leg.flow());
  if (!token) return by_uri(node, leg.contact(), 1);
  if (const auto flow = node.tokens.flow_of(*token, node.addresses)) return Start{*flow, 1};
  if (token->transport != sip::Transport::Udp) return std::nullopt;  // the phone connects, not we
  const auto listener = node.addresses.to_send(token->transport, token->remote.v6, 0);
  if (!listener) return std::nullopt;
  return Start{{token->transport, *listener, token->remote, 0}, 1};
}

std::optional<Start> start_to(const Node& node, const state::v1::Leg& leg, Way way) {
  if (leg.contact().empty()) return std::nullopt;
  if (leg.route_set().empty()) return by_uri(node, leg.contact(), 0);
  const auto first = sip::parse_uri(leg.route_set(0));
  if (way == Way::Around && first && !node.addresses.is_ours(*first)) return around(node, leg);
  return by_uri(node, leg.route_set(0), 0);
}

std::string address(const std::string& aor, const std::string& tag) {
  return "<sip:" + aor + ">;tag=" + tag;
}

/// All but what is special to a method, and the end.
std::optional<OwnRequest> begin_request(const Node& node, const state::v1::DialogRecord& record,
                                        Side to, Way way, std::string_view method,
                                        std::uint32_t cseq) {
  const auto [there, here] = legs_of(record, to);
  const auto start = start_to(node, there, way);
  if (!start) return std::nullopt;
  OwnRequest request;
  request.flow = start->flow;
  request.random = random_u64();
  std::string branch;
  sip::append_branch(branch, {node.worker, request.random, 0});
  const auto& listener = node.addresses[start->flow.listener];
  auto& out = request.bytes;
  sip::append_request_line(out, method, request_uri_of(there.contact()));
  sip::append_via(out, {listener.transport, listener.host, listener.port, branch});
  sip::append_header(out, sip::HeaderId::MaxForwards, std::uint64_t{70});
  for (int i = start->skip; i < there.route_set_size(); ++i) {
    sip::append_header(out, sip::HeaderId::Route, "<" + there.route_set(i) + ">");
  }
  sip::append_header(out, sip::HeaderId::From, address(here.aor(), here.tag()));
  sip::append_header(out, sip::HeaderId::To, address(there.aor(), there.tag()));
  sip::append_header(out, sip::HeaderId::CallId, record.sip_call_id());
  sip::append_cseq(out, cseq, method);
  return request;
}

}  // namespace

std::optional<OwnRequest> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                                   std::string_view reason, Way way) {
  const auto cseq = legs_of(record, to).here.cseq() + kCSeqAhead;
  auto bye = begin_request(node, record, to, way, "BYE", cseq);
  if (!bye) return std::nullopt;
  std::string why;
  sip::append_reason(why, "SIP", 200, reason.empty() ? "Ended by an operator" : reason);
  sip::append_header(bye->bytes, sip::HeaderId::Reason, why);
  sip::append_body(bye->bytes);
  return bye;
}

std::optional<OwnRequest> make_question(const Node& node, const state::v1::DialogRecord& record,
                                        Side to, Way way) {
  auto question = begin_request(node, record, to, way, "INFO", 0);
  if (question) sip::append_body(question->bytes);
  return question;
}

void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason, Way way) {
  for (const auto side : {Side::Caller, Side::Callee}) {
    auto bye = make_bye(node, record, side, reason, way);
    if (!bye) continue;
    layer.start_client(sip::Method::Bye, bye->random, bye->flow, std::move(bye->bytes), nullptr, 0);
  }
}

}  // namespace pbx::proxy
