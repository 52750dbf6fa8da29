#include "proxy/domain/forwarder.hpp"

#include "proxy/domain/reach.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/branch.hpp"
#include "sip/errc.hpp"
#include "sip/name_addr.hpp"
#include "sip/rewrite.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

std::string route_uri(const Listener& listener, std::string_view token) {
  std::string out{"<sip:"};
  out += token;
  out += '@';
  out += listener.host;
  out += ':';
  sip::append_number(out, listener.port);
  if (listener.transport != sip::Transport::Udp) {
    out += ";transport=";
    out += sip::transport_param(listener.transport);
  }
  out += ";lr>";
  return out;
}

/// `route` with a seal for the request with that branch.
std::string sealed(const Node& node, const std::string& route, const sip::Message& request,
                   std::string_view branch, std::uint32_t at_s) {
  const auto address = sip::parse_name_addr(route);
  const auto uri = address ? address->uri() : Result<sip::Uri>{sip::Errc::BadUri};
  if (!uri) return route;
  std::string out{"<"};
  out += uri->text;
  out += ";seal=";
  node.tokens.append_seal(out, uri->user, request.call_id(), branch, at_s);
  if (request.method() == sip::Method::Ack) out.append(";").append(kEndToEnd);
  return out + ">";
}

}  // namespace

FlowToken token_of(const Node& node, const Target& target) {
  if (target.node && !target.routes.empty()) {
    const auto route = sip::parse_name_addr(target.routes.front());
    const auto uri = route ? route->uri() : Result<sip::Uri>{sip::Errc::BadUri};
    if (const auto token = uri ? node.tokens.read_flow(uri->user) : std::nullopt) return *token;
  }
  return node.tokens.token_of(target.flow, node.addresses);
}

FlowToken caller_token(const Node& node, const sip::Message& invite, const Flow& source) {
  const bool direct = !invite.has(sip::HeaderId::RecordRoute);
  return node.tokens.token_of(direct ? reach_of(invite, source) : source, node.addresses);
}

std::uint32_t next_max_forwards(const sip::Message& request) {
  const auto value = request.max_forwards();
  if (!value || !*value) return 70;
  return **value > 0 ? **value - 1 : 0;
}

RecordRoutes record_routes(const Node& node, const sip::Message& request, const Flow& source,
                           const ForwardPlan& plan, const Target& target) {
  auto token = plan.record_route.value_or(DialogToken{});
  token.made_s = plan.at_s != 0 ? plan.at_s : node.now_s();
  token.home = node.addresses.home_near(source.listener);
  if (token.usage != DialogToken::Usage::Mark) {
    token.caller = caller_token(node, request, source);
    token.callee = token_of(node, target);
  }
  const auto from = request.from();
  std::string text;
  node.tokens.append(text, token, request.call_id(), from ? from->tag() : std::string_view{});
  RecordRoutes routes{route_uri(node.addresses[target.flow.listener], text), {}};
  if (source.listener != target.flow.listener) {
    routes.towards_caller = route_uri(node.addresses[source.listener], text);
  }
  return routes;
}

std::string branch_of(const Node& node, const sip::Message& request, const Flow& source,
                      const ForwardPlan& plan, std::uint64_t random) {
  const auto origin = plan.origin.value_or(
      Origin{node.worker, node.tokens.key(), node.addresses[source.listener].name});
  sip::Branch branch{.worker = origin.worker,
                     .random = random,
                     .loop_hash = plan.loop_hash,
                     .key = origin.key,
                     .listener = origin.listener,
                     .made_s = plan.at_s != 0 ? plan.at_s : node.now_s()};
  if (const auto top = request.top_via()) {
    std::string address;
    source.remote.append_address(address);
    node.tokens.sign(branch, request, sip::with_received(*top, {address, source.remote.port}));
  }
  std::string text;
  sip::append_branch(text, branch);
  return text;
}

void append_forwarded(std::string& out, const Node& node, const sip::Message& request,
                      const Flow& source, const ForwardPlan& plan, const Target& target,
                      std::string_view branch) {
  const auto& listener = node.addresses[target.flow.listener];
  std::string address;
  source.remote.append_address(address);
  const bool own_name = target.via_host.empty();
  const sip::OwnVia via{listener.transport, own_name ? listener.host : target.via_host,
                        own_name ? listener.port : target.via_port, branch};

  sip::Rewriter rewriter{request};
  rewriter.push_via(via)
      .received({address, source.remote.port})
      .max_forwards(plan.max_forwards)
      .pop_routes(plan.pop_routes);
  if (!target.request_uri.empty()) rewriter.request_uri(target.request_uri);
  if (!plan.from.empty()) rewriter.set(sip::HeaderId::From, plan.from);
  std::string first;  // what the next node pops
  for (const auto& route : target.routes) {
    const bool seal = target.node && first.empty();
    if (seal) {
      const auto at_s = plan.at_s != 0 ? plan.at_s : node.now_s();
      first = sealed(node, route, request, branch, at_s);
    }
    rewriter.insert_top(sip::HeaderId::Route, seal ? first : route);
  }
  const std::string_view identity = target.told ? plan.identity : std::string_view{};
  node.boundary.send_on(rewriter, request, identity, plan.edge);
  RecordRoutes routes;
  if (plan.record_route) {
    routes = record_routes(node, request, source, plan, target);
    rewriter.insert_top(sip::HeaderId::RecordRoute, routes.towards_callee);
    if (!routes.towards_caller.empty()) {
      rewriter.insert_top(sip::HeaderId::RecordRoute, routes.towards_caller);
    }
  }
  out.reserve(out.size() + request.bytes().size() + 512);
  rewriter.write(out);
}

}  // namespace pbx::proxy
