#include "proxy/domain/forwarder.hpp"

#include "proxy/domain/trust_boundary.hpp"
#include "sip/branch.hpp"
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

/// A caller is reached over the flow its request came by, unless its Contact is good for everybody:
/// datagrams, no rport asked for, and an address as host.
bool caller_needs_flow(const sip::Message& request, const Flow& source) {
  if (source.reliable()) return true;
  const auto via = request.top_via();
  if (!via || via->has_rport) return true;
  const auto contact = request.first_address(sip::HeaderId::Contact);
  if (!contact || !*contact) return true;
  const auto uri = (*contact)->uri();
  return !uri || !uri->is_sip() || !uri->host_is_address() || uri->transport().has_value();
}

}  // namespace

std::uint32_t next_max_forwards(const sip::Message& request) {
  const auto value = request.max_forwards();
  if (!value || !*value) return 70;
  return **value > 0 ? **value - 1 : 0;
}

RecordRoutes record_routes(const Node& node, const sip::Message& request, const Flow& source,
                           bool anchor, const Target& target) {
  DialogToken token;
  token.anchor = anchor;
  if (const auto from = request.from()) token.caller_tag = node.tokens.tag_hash(from->tag());
  const bool from_phone = !request.has(sip::HeaderId::RecordRoute);
  if (from_phone && caller_needs_flow(request, source)) {
    token.caller = node.tokens.token_of(source, node.addresses);
  }
  if (target.phone) token.callee = node.tokens.token_of(target.flow, node.addresses);
  std::string text;
  node.tokens.append(text, token);
  RecordRoutes routes{route_uri(node.addresses[target.flow.listener], text), {}};
  if (source.listener != target.flow.listener) {
    routes.towards_caller = route_uri(node.addresses[source.listener], text);
  }
  return routes;
}

void append_forwarded(std::string& out, const Node& node, const sip::Message& request,
                      const Flow& source, const ForwardPlan& plan, const Target& target,
                      std::uint64_t random) {
  const auto& listener = node.addresses[target.flow.listener];
  std::string branch;
  sip::append_branch(branch, {plan.worker.value_or(node.worker), random, plan.loop_hash});
  std::string address;
  source.remote.append_address(address);
  const sip::OwnVia via{listener.transport, listener.host, listener.port, branch};

  sip::Rewriter rewriter{request};
  rewriter.push_via(via)
      .received({address, source.remote.port})
      .max_forwards(plan.max_forwards)
      .pop_routes(plan.pop_routes);
  if (!target.request_uri.empty()) rewriter.request_uri(target.request_uri);
  for (const auto& route : target.routes) rewriter.insert_top(sip::HeaderId::Route, route);
  node.boundary.send_on(rewriter, request, plan.identity, plan.edge);
  RecordRoutes routes;
  if (plan.record_route) {
    routes = record_routes(node, request, source, plan.anchor, target);
    rewriter.insert_top(sip::HeaderId::RecordRoute, routes.towards_callee);
    if (!routes.towards_caller.empty()) {
      rewriter.insert_top(sip::HeaderId::RecordRoute, routes.towards_caller);
    }
  }
  out.reserve(out.size() + request.bytes().size() + 512);
  rewriter.write(out);
}

}  // namespace pbx::proxy
