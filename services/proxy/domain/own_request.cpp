#include "proxy/domain/own_request.hpp"

#include <algorithm>
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

struct Legs {
  const state::v1::Leg& there;
  const state::v1::Leg& here;
};

Legs legs_of(const state::v1::DialogRecord& record, Side to) {
  const auto& caller = calls::caller_of(record);
  const auto& callee = calls::callee_of(record);
  return to == Side::Caller ? Legs{caller, callee} : Legs{callee, caller};
}

/// How a phone is reached: the first hop, and whose flow it is when another node holds that.
struct Start {
  Flow flow;
  std::optional<FlowToken> through{};
};

std::optional<Start> start_to(const Node& node, const state::v1::DialogRecord& record,
                              const state::v1::Leg& leg, Way way) {
  const auto token = node.tokens.read_flow(leg.flow());
  if (!token) return std::nullopt;
  const bool held = node.addresses.is_home(token->home);
  const auto seen_s = static_cast<std::uint32_t>(record.started_at_ms() / 1'000);
  if (held || (way == Way::Around && !node.lives_at(token->home, seen_s))) {
    const auto flow = node.tokens.flow_of(*token, node.addresses);
    if (flow) return Start{*flow};
    if (held) return std::nullopt;
  }
  const auto flow = flow_to(node.addresses, token->home, 0);
  return flow ? std::optional{Start{*flow, token}} : std::nullopt;
}

/// Sealed for the request with that branch.
std::string sealed_route(const Node& node, const FlowToken& phone, std::string_view call_id,
                         std::string_view branch) {
  const auto path = path_of(node, phone);
  const auto uri = sip::parse_uri(path);
  std::string route = "<" + path + ";seal=";
  node.tokens.append_seal(route, uri ? uri->user : std::string_view{}, call_id, branch,
                          node.now_s());
  return route + ">";
}

std::string address(const std::string& aor, const std::string& tag) {
  return "<sip:" + aor + ">;tag=" + tag;
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
  request.random = random_u64();
  std::string branch;
  sip::append_branch(branch, {.worker = node.worker,
                              .random = request.random,
                              .key = node.tokens.key(),
                              .made_s = node.now_s()});
  const auto& listener = node.addresses[start->flow.listener];
  auto& out = request.bytes;
  // A phone knows its dialog by the tags, should it not have said how it is called.
  const auto uri = there.contact().empty() ? "sip:" + there.aor() : there.contact();
  sip::append_request_line(out, method, request_uri_of(uri));
  sip::append_via(out, {listener.transport, listener.host, listener.port, branch});
  sip::append_header(out, sip::HeaderId::MaxForwards, std::uint64_t{70});
  if (start->through) {
    sip::append_header(out, sip::HeaderId::Route,
                       sealed_route(node, *start->through, record.sip_call_id(), branch));
  }
  for (const auto& route : there.route_set()) {
    sip::append_header(out, sip::HeaderId::Route, "<" + route + ">");
  }
  sip::append_header(out, sip::HeaderId::From, address(here.aor(), here.tag()));
  sip::append_header(out, sip::HeaderId::To, address(there.aor(), there.tag()));
  sip::append_header(out, sip::HeaderId::CallId, record.sip_call_id());
  sip::append_cseq(out, cseq, method);
  return request;
}

/// Grows with the age of the call, should one BYE not have been enough.
std::uint32_t bye_cseq(const Node& node, const state::v1::DialogRecord& record) {
  constexpr std::int64_t kStepMs = 32'000;  // a BYE is repeated so long
  const auto age = node.clock.now().time_since_epoch().count() - record.started_at_ms();
  return kOwnCSeqs + static_cast<std::uint32_t>(std::clamp<std::int64_t>(age / kStepMs, 0, 0xFFF));
}

}  // namespace

std::optional<OwnRequest> make_bye(const Node& node, const state::v1::DialogRecord& record, Side to,
                                   std::string_view reason, Way way) {
  auto bye = begin_request(node, record, to, way, "BYE", bye_cseq(node, record));
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

bool is_cut_off(const Node& node, const state::v1::DialogRecord& record, Side side) {
  const auto token = node.tokens.read_flow(legs_of(record, side).there.flow());
  return token && sip::is_reliable(token->transport) && node.addresses.is_home(token->home) &&
         !node.tokens.flow_of(*token, node.addresses);
}

state::v1::DialogRecord with_one_callee(state::v1::DialogRecord call, state::v1::Leg callee) {
  auto& legs = *call.mutable_legs();
  if (legs.size() > 1) legs.DeleteSubrange(1, legs.size() - 1);
  *legs.Add() = std::move(callee);
  return call;
}

void send_byes(const Node& node, TransactionLayer& layer, const state::v1::DialogRecord& record,
               std::string_view reason, const Ways& ways) {
  const auto send = [&](const state::v1::DialogRecord& dialog) {
    for (const auto side : {Side::Caller, Side::Callee}) {
      auto bye = make_bye(node, dialog, side, reason, ways[static_cast<std::size_t>(side)]);
      if (!bye) continue;
      layer.start_client(sip::Method::Bye, bye->random, bye->flow, std::move(bye->bytes), nullptr,
                         0);
    }
  };
  bool talks = false;
  for (int i = 1; i < record.legs_size(); ++i) {
    if (record.legs(i).state() != state::v1::LEG_STATE_CONFIRMED) continue;
    talks = true;
    send(with_one_callee(record, record.legs(i)));
  }
  if (!talks) send(record);
}

}  // namespace pbx::proxy
