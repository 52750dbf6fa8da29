#include "proxy/domain/router.hpp"

#include "core/errc.hpp"
#include "proxy/domain/cancel.hpp"
#include "proxy/domain/errand.hpp"
#include "proxy/domain/hang_up.hpp"
#include "proxy/domain/in_dialog.hpp"
#include "proxy/domain/own_request.hpp"
#include "proxy/domain/second_hop.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "proxy/domain/within_call.hpp"
#include "sip/auth.hpp"
#include "sip/branch.hpp"
#include "sip/reason.hpp"
#include "sip/stored_message.hpp"

namespace pbx::proxy {
namespace {

using sip::Method;

constexpr std::string_view kCapabilities =
    "Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, REGISTER, PRACK, SUBSCRIBE, NOTIFY, INFO, REFER, "
    "MESSAGE, UPDATE\r\n"
    "Accept: application/sdp\r\n"
    "Supported: path, outbound\r\n";

bool out_of_hops(const sip::Message& request) {
  const auto hops = request.max_forwards();
  return hops && *hops && **hops == 0;
}

/// What may come outside a dialog. The rest belongs into one: out of it a REFER or a NOTIFY would
/// make a phone do what its user does not want.
constexpr std::string_view kAllow =
    "Allow: INVITE, MESSAGE, OPTIONS, PUBLISH, REGISTER, SUBSCRIBE\r\n";

/// `routes.dialog` is a call's.
calls::Key key_of(const sip::Message& message, const RouteSet& routes) {
  return {std::string{message.call_id()}, routes.dialog->call_id};
}

/// An ACK may bring an answer to an offer, and is answered by nobody: no carrier for anything else.
constexpr std::size_t kLargestAck = 16'384;

bool begins_something(Method method) {
  switch (method) {
    case Method::Invite:
    case Method::Message:
    case Method::Options:
    case Method::Publish:
    case Method::Register:
    case Method::Subscribe:
      return true;
    default:
      return false;
  }
}

bool forms_dialog(Method method) { return method == Method::Invite || method == Method::Subscribe; }

std::string identity_of(const Node& node, const CallerCheck& caller, const Dialled& dialled) {
  return node.boundary.identity(dialled.caller_name, caller.login.extension, caller.login.domain);
}

std::string from_of(const sip::Message& request, const Dialled& dialled) {
  const auto from = request.from();
  return from ? TrustBoundary::shown_from(*from, dialled.caller_name) : std::string{};
}

}  // namespace

/// A request with what every rule asks of it.
struct Router::Request {
  const sip::Message& message;
  const Flow& source;
  std::uint64_t key;
  RouteSet routes;
  std::uint64_t loop_hash = 0;

  Method method() const { return message.method(); }
  bool in_dialog() const {
    const auto to = message.to();
    return to && !to->tag().empty();
  }
};

Router::Router(const Parts& parts)
    : parts_{parts},
      call_parts_{parts.node,
                  parts.records,
                  parts.locations,
                  parts.early,
                  parts.overload,
                  parts.auth,
                  {parts.node, parts.layer, parts.stateless}} {}

Taken Router::on_request(const sip::Message& message, const Flow& source, bool last) {
  Request request{message, source, parts_.layer.key_of(message), {}};
  if (request.method() == Method::Ack) return on_ack(request, last);
  if (request.method() == Method::Cancel) return on_cancel(request, last);
  if (auto* known = parts_.layer.find_server(request.key)) {
    parts_.node.metrics.retransmissions.Increment();
    known->on_again();
    return Taken::Yes;
  }
  request.routes = read_routes(parts_.node, message);
  request.loop_hash = sip::loop_hash(message);
  if (const auto refusal = first_checks(request)) {
    *refusal == Refusal::BadExtension ? refuse_extension(request) : refuse(request, *refusal);
  } else if (request.in_dialog() ? parts_.layer.overfull() : parts_.layer.full()) {
    refuse(request, Excess::Transactions);
  } else if (out_of_hops(message)) {
    for_ourselves(request);  // an OPTIONS that asks who stands at this hop
  } else if (request.in_dialog()) {
    in_dialog(request);
  } else {
    out_of_dialog(request);
  }
  return Taken::Yes;
}

Taken Router::on_ack(const Request& request, bool last) {
  auto* server = parts_.layer.find_server(request.key);
  if (server != nullptr && server->on_ack()) return Taken::Yes;
  const auto routes = read_routes(parts_.node, request.message);
  if (routes.dialog || routes.end_to_end) {
    forward_ack(request, routes);
    return Taken::Yes;
  }
  if (server != nullptr || parts_.stateless.is_ack_of_reply(request.message)) return Taken::Yes;
  if (!last) return Taken::NotHere;
  if (const auto flow = flow_behind(routes)) {
    acknowledge_at_phone(parts_.node, parts_.layer, request.message, request.source, *flow);
  } else {
    drop_ack();
  }
  return Taken::Yes;
}

/// That of a 2xx: on to the other phone, where the call has such a dialog.
void Router::forward_ack(const Request& request, const RouteSet& routes) {
  const auto& message = request.message;
  const auto near = request.source.listener;
  const bool fits = message.bytes().size() <= kLargestAck && !out_of_hops(message);
  if (!fits) return drop_ack();
  if (routes.end_to_end) {
    const auto flow = flow_behind(routes);
    Target target;
    if (flow) target.flow = *flow;
    return flow ? send_ack(message, request.source, routes.own, target) : drop_ack();
  }
  if (const auto anchor = way_to_anchor(parts_.node, routes, near)) {
    return send_ack(message, request.source, routes.before, *anchor);
  }
  if (routes.dialog->usage != DialogToken::Usage::Call) return drop_ack();
  const auto call = key_of(message, routes);
  if (const auto known = parts_.records.known(call)) {
    return acknowledge_within(message, request.source, routes, *known);
  }
  parts_.records.find(call, [this, held = sip::StoredMessage{message}, source = request.source,
                             routes](const Result<CallRecords::Known>& found) {
    acknowledge_within(held.get(), source, routes, found);
  });
}

void Router::acknowledge_within(const sip::Message& ack, const Flow& source, const RouteSet& routes,
                                const Result<CallRecords::Known>& call) {
  const bool judged = call ? has_dialog(*call, ack) : call.error() != Errc::NotFound;
  const auto target =
      judged ? target_within(parts_.node, routes, call, ack, source.listener) : std::nullopt;
  target ? send_ack(ack, source, routes.own, *target) : drop_ack();
}

void Router::send_ack(const sip::Message& ack, const Flow& source, std::size_t own_routes,
                      const Target& target) {
  parts_.stateless.forward_ack(
      ack, source, {.pop_routes = own_routes, .max_forwards = next_max_forwards(ack)}, target);
}

void Router::drop_ack() { parts_.node.metrics.refused(Refusal::StrayAck).Increment(); }

Taken Router::on_cancel(const Request& request, bool last) {
  const auto routes = read_routes(parts_.node, request.message);
  if (cancel(parts_.layer, parts_.stateless, request.message, request.source,
             routes.sealed_s.has_value())) {
    return Taken::Yes;
  }
  if (!last) return Taken::NotHere;
  const auto flow = flow_behind(routes);
  if (!flow) return Taken::Nowhere;
  parts_.stateless.reply(request.message, request.source, {.status = 200});
  cancel_at_phone(parts_.node, parts_.layer, request.message, request.source, *flow);
  return Taken::Yes;
}

/// To the phone that the first hop means; nullopt: to none, or it is not reached from here.
std::optional<Flow> Router::flow_behind(const RouteSet& routes) const {
  if (!routes.sealed_s) return std::nullopt;
  return parts_.node.tokens.flow_of(*routes.flow, parts_.node.addresses);
}

/// RFC 3261 §16.3, in its order; syntax was judged before.
std::optional<Refusal> Router::first_checks(const Request& request) const {
  if (out_of_hops(request.message) && request.method() != Method::Options) {
    return Refusal::TooManyHops;
  }
  const auto visit = sip::visit_of(request.message, request.loop_hash, [this](const sip::Via& via) {
    return parts_.node.addresses.is_ours(via);
  });
  if (visit == sip::Visit::Loop) return Refusal::Loop;
  if (request.message.has(sip::HeaderId::ProxyRequire)) return Refusal::BadExtension;
  const auto cseq = request.message.cseq();
  if (cseq && cseq->number >= kOwnCSeqs && !request.routes.sealed_s) return Refusal::CSeqTooHigh;
  return std::nullopt;
}

/// What is sealed has been judged by the node that sealed it; the rest is judged by the node that
/// keeps the dialog's record, or by this one in its place.
void Router::in_dialog(const Request& request) {
  const auto& routes = request.routes;
  if (routes.sealed_s) return to_flow(request);
  if (!routes.dialog) return refuse(request, Refusal::NoSuchDialog);
  if (auto anchor = way_to_anchor(parts_.node, routes, request.source.listener)) {
    auto plan = plan_for(request);
    plan.pop_routes = routes.before;
    return forward(request, plan, *std::move(anchor));
  }
  routes.dialog->usage == DialogToken::Usage::Call ? within_call(request)
                                                   : within_subscription(request);
}

void Router::forward(const Request& request, const ForwardPlan& plan, Target target) {
  std::vector<Target> targets;
  targets.push_back(std::move(target));
  Fork::make(call_parts_.fork, begin(request), nullptr)->start(plan, std::move(targets));
}

void Router::within_subscription(const Request& request) {
  const auto& routes = request.routes;
  if (const auto refusal =
          refusal_within_subscription(parts_.directory, routes, request.message, request.source)) {
    return refuse(request, *refusal);
  }
  auto target = target_at(parts_.node, other_side(routes), *routes.dialog, request.source.listener);
  if (!target) return refuse(request, Refusal::FlowGone);
  forward(request, plan_for(request), *std::move(target));
}

/// The call's record is asked first.
void Router::within_call(const Request& request) {
  const auto call = key_of(request.message, request.routes);
  std::shared_ptr<HangUp> hang_up;
  if (request.method() == Method::Bye) {
    hang_up =
        std::make_shared<HangUp>(parts_.node, parts_.layer, parts_.records, call, request.message);
  }
  const auto fork = Fork::make(call_parts_.fork, begin(request), hang_up);
  parts_.records.find(call, [this, fork, hang_up, plan = plan_for(request), routes = request.routes,
                             near = request.source.listener](
                                const Result<CallRecords::Known>& found) mutable {
    if (!fork->open()) return;
    const auto& message = fork->request();
    auto refusal = refusal_within(parts_.directory, found, message);
    auto target = refusal ? std::nullopt : target_within(parts_.node, routes, found, message, near);
    const bool cut_off = !refusal && !target;
    if (cut_off) refusal = Refusal::FlowGone;
    if (hang_up && found) hang_up->set_record(found->call.record);
    if (refusal) {
      parts_.node.metrics.refused(*refusal).Increment();
      const auto refuse = [fork, code = info_of(*refusal).code] { fork->refuse(code); };
      return hang_up && cut_off ? hang_up->no_way(refuse) : refuse();
    }
    plan.from = shown_within(parts_.directory, found, message);
    if (hang_up) {
      const auto via = message.top_via();
      target->branch = bye_branch(parts_.node.tokens, message, routes.dialog->call_id,
                                  via ? via->branch : std::string_view{}, parts_.node.tokens.key());
    }
    std::vector<Target> targets;
    targets.push_back(*std::move(target));
    fork->start(plan, std::move(targets));
  });
}

void Router::out_of_dialog(const Request& request) {
  // What is for a phone behind this node can go no other way.
  if (draining_ && request.method() != Method::Options && !request.routes.sealed_s) {
    return refuse(request, Refusal::Draining);
  }
  if (const auto found = excess(request)) return refuse(request, *found);
  if (!begins_something(request.method())) return refuse_method(request, kAllow);
  if (request.method() == Method::Register) return on_register(request);
  if (request.routes.sealed_s) return to_flow(request);
  if (request.routes.flow || request.routes.forged || request.routes.more) {
    return refuse(request, Refusal::ForeignRoute);
  }
  const auto uri = request.message.request_uri();
  if (!uri) return refuse(request, refusal_of(uri.error()));
  // Whatever the host: the answer does not tell which domains there are.
  if (uri->is_sip() && !uri->has_user()) return for_ourselves(request);
  if (request.method() == Method::Publish) return refuse(request, Refusal::BadEvent);
  from_caller(request);
}

/// What keeps something new from being taken.
std::optional<Excess> Router::excess(const Request& request) {
  auto& overload = parts_.overload;
  if (!overload.admits_any()) return Excess::Receiving;
  const auto now = parts_.node.clock.steady();
  if (request.method() == Method::Register && !overload.registrations.admits(now)) {
    return Excess::Registrations;
  }
  if (request.method() == Method::Invite && !overload.calls.admits(now)) return Excess::Calls;
  return std::nullopt;
}

void Router::on_register(const Request& request) {
  if (const auto refusal = parts_.auth.check_nonce(request.message)) {
    return challenge(request, *refusal);
  }
  parts_.registers.relay(begin(request));
}

/// From another node of ours, for a phone that is connected to this one.
void Router::to_flow(const Request& request) {
  const auto flow = flow_behind(request.routes);
  if (!flow) return refuse(request, Refusal::FlowGone);
  auto plan = plan_for(request);
  if (forms_dialog(request.method()) && !request.in_dialog()) plan.record_route.emplace();
  plan.at_s = *request.routes.sealed_s;
  plan.edge = true;
  plan.origin = second_hop_origin(parts_.node, request.message, request.source);
  auto& server = begin(request);
  std::vector<Target> targets(1);
  targets.front().flow = *flow;
  targets.front().phone = true;
  if (server.is_invite()) {
    plan.first_hop = first_hop_of(parts_.node, request.message);
    targets.front().branch = second_hop_branch(parts_.node, request.message, plan.origin->key);
  }
  Fork::make(call_parts_.fork, server, nullptr)->start(plan, std::move(targets));
}

void Router::for_ourselves(const Request& request) {
  if (request.method() != Method::Options) {
    return refuse_method(request, "Allow: OPTIONS, REGISTER\r\n");
  }
  parts_.stateless.reply(request.message, request.source,
                         {.status = 200, .header_lines = kCapabilities});
}

void Router::from_caller(const Request& request) {
  const auto caller = parts_.auth.check(request.message, request.source);
  if (caller.refusal) {
    parts_.auth.use_up(caller);
    const int code = info_of(*caller.refusal).code;
    return code == 407 ? challenge(request, *caller.refusal) : refuse(request, *caller.refusal);
  }
  const auto uri = request.message.request_uri();
  auto dialled = dial(parts_.directory, parts_.node.addresses, caller.login, *uri);
  if (request.method() != Method::Invite) return errand(request, caller, dialled);
  auto plan = plan_for(request);
  plan.from = from_of(request.message, dialled);
  plan.identity = identity_of(parts_.node, caller, dialled);
  Call::begin(call_parts_, begin(request), caller, std::move(dialled), plan);
}

/// Everything but INVITE that an authenticated caller sends to another user.
void Router::errand(const Request& request, const CallerCheck& caller, const Dialled& dialled) {
  auto refusal = dialled.refusal;
  const bool to_itself = dialled.user == caller.login.user;
  if (!refusal && request.method() == Method::Subscribe && to_itself) refusal = Refusal::BadEvent;
  if (refusal) {
    parts_.auth.use_up(caller);
    return refuse(request, *refusal);
  }
  auto plan = plan_for(request);
  plan.from = from_of(request.message, dialled);
  if (request.method() == Method::Subscribe) {
    plan.record_route.emplace();
    plan.record_route->usage = DialogToken::Usage::Subscription;
    plan.record_route->subscriber = caller.login.user;
    plan.record_route->notifier = dialled.user;
  }
  if (request.method() == Method::Message) {
    plan.identity = identity_of(parts_.node, caller, dialled);
  }
  Errand::begin(call_parts_, begin(request), caller, dialled, std::move(plan));
}

bool Router::hang_up(const std::string& call_id, std::string_view reason) {
  const auto found = parts_.early.find(call_id);
  if (found == parts_.early.end()) return false;
  found->second->hang_up(reason);
  return true;
}

ServerTransaction& Router::begin(const Request& request) {
  auto& server = parts_.layer.make_server(request.key, request.message, request.source);
  if (server.is_invite()) server.reply({.status = 100});
  return server;
}

ForwardPlan Router::plan_for(const Request& request) const {
  ForwardPlan plan;
  plan.pop_routes = request.routes.own;
  plan.max_forwards = next_max_forwards(request.message);
  plan.loop_hash = request.loop_hash;
  return plan;
}

void Router::refuse(const Request& request, Refusal refusal) {
  parts_.stateless.refuse(request.message, request.source, refusal);
}

void Router::refuse(const Request& request, Excess found) {
  parts_.node.metrics.overload(found).Increment();
  refuse(request, Refusal::Overload);
}

void Router::refuse_method(const Request& request, std::string_view allow) {
  const bool known = request.method() != Method::Other;
  parts_.stateless.refuse(request.message, request.source,
                          known ? Refusal::NotAllowed : Refusal::UnknownMethod, {}, allow);
}

void Router::challenge(const Request& request, Refusal refusal) {
  const bool stale = refusal == Refusal::StaleNonce || refusal == Refusal::ReplayedNonce;
  const auto lines = parts_.auth.challenge(request.message, stale);
  if (lines.empty()) return refuse(request, Refusal::Malformed);
  parts_.node.metrics.refused(refusal).Increment();
  const bool registers = request.method() == Method::Register;
  parts_.stateless.reply(request.message, request.source,
                         {.status = registers ? 401 : 407, .header_lines = lines});
}

void Router::refuse_extension(const Request& request) {
  std::string line = "Unsupported: ";
  sip::append_unsupported(line, request.message, sip::HeaderId::ProxyRequire,
                          [](std::string_view) { return false; });
  parts_.stateless.refuse(request.message, request.source, Refusal::BadExtension, {},
                          line + "\r\n");
}

}  // namespace pbx::proxy
