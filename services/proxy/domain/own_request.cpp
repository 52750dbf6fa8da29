#include "proxy/domain/own_request.hpp"

#include <utility>

#include "calls/dialogs_of.hpp"
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
  const auto& caller = calls::caller_of(record);
  const auto& callee = calls::callee_of(record);
  return to == Side::Caller ? Legs{caller, callee} : Legs{callee, caller};
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

std::optional<Home> home_of(const Node& node, const state::v1::DialogRecord& record,
                            const std::string& route) {
  return home_of(node, route, record.sip_call_id(), calls::caller_of(record).tag());
}

/// To the node that wrote a route, whatever name it goes by.
std::optional<Start> by_route(const Node& node, const state::v1::DialogRecord& record,
                              const std::string& route, int skip) {
  const auto home = home_of(node, record, route);
  if (!home) return by_uri(node, route, skip);
  const auto flow = flow_to(node.addresses, *home, 0);
  return flow ? std::optional{Start{*flow, skip}} : std::nullopt;
}

/// What the first hop would do is done here.
std::optional<Start> around(const Node& node, const state::v1::DialogRecord& record,
                            const state::v1::Leg& leg) {
  if (leg.route_set_size() > 1) return by_route(node, record, leg.route_set(1), 1);
  const auto token = node.tokens.read_flow(leg.flow());
  if (!token) return by_uri(node, leg.contact(), 1);
  const auto flow = node.tokens.flow_of(*token, node.addresses);
  return flow ? std::optional{Start{*flow, 1}} : std::nullopt;
}

std::optional<Start> start_to(const Node& node, const state::v1::DialogRecord& record,
                              const state::v1::Leg& leg, Way way) {
  if (leg.contact().empty()) return std::nullopt;
  if (leg.route_set().empty()) return by_uri(node, leg.contact(), 0);
  const auto first = home_of(node, record, leg.route_set(0));
  const bool ours = first && node.addresses.is_home(*first);
  if (way == Way::Around && !ours) return around(node, record, leg);
  return by_route(node, record, leg.route_set(0), 0);
}

std::string address(const std::string& aor, const std::string& tag) {
  return "<sip:" + aor + ">;tag=" + tag;
}

constexpr std::uint64_t kNonceMask = 0xFFFF;

/// The random part of an own request's branch: a MAC over what it is, and a nonce.
std::uint64_t own_random(const Node& node, std::uint8_t key, std::string_view call_id,
                         std::string_view method, std::string_view to_tag, std::uint64_t nonce) {
  std::string what{"own "};
  what.append(method).append(" ").append(to_tag).append(" ");
  sip::append_number(what, nonce & kNonceMask);
  return (node.tokens.branch_random(call_id, what, key) & ~kNonceMask) | (nonce & kNonceMask);
}

/// All but what is special to a method, and the end.
std::optional<OwnRequest> begin_request(const Node& node, const state::v1::DialogRecord& record,
                                        Side to, Way way, std::string_view method,
                                        std::uint32_t cseq) {
  const auto [there, here] = legs_of(record, to);
  const auto start = start_to(node, record, there, way);
  if (!start) return std::nullopt;
  OwnRequest request;
  request.flow = start->flow;
  const auto key = node.tokens.key();
  request.random = own_random(node, key, record.sip_call_id(), method, there.tag(), random_u64());
  std::string branch;
  sip::append_branch(branch, {node.worker, request.random, 0, key});
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

bool is_own_request(const Node& node, const sip::Message& request) {
  const auto via = request.top_via();
  const auto branch = via ? sip::parse_branch(via->branch) : std::nullopt;
  const auto to = request.to();
  if (!branch || !to) return false;
  return branch->random == own_random(node, branch->key, request.call_id(), request.method_text(),
                                      to->tag(), branch->random);
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
