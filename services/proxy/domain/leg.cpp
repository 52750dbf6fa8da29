#include "proxy/domain/leg.hpp"

#include <optional>
#include <string>
#include <vector>

#include "sip/builder.hpp"
#include "sip/name_addr.hpp"

namespace pbx::proxy {
namespace {

std::string contact_of(const sip::Message& message) {
  const auto contact = message.first_address(sip::HeaderId::Contact);
  return contact && *contact ? sip::clean((*contact)->uri_text) : std::string{};
}

/// The dialog's hops as its 2xx lists them, from the callee's side to the caller's.
struct Hops {
  std::vector<std::string> uris;
  std::size_t first_own = 0;  ///< uris.size(): none.
  std::size_t last_own = 0;
  std::optional<DialogToken> token;
};

Hops hops_of(const Node& node, const sip::Message& answer) {
  Hops hops;
  std::optional<std::size_t> first;
  const auto from = answer.from();
  if (!from) return hops;
  for (const auto value : answer.values(sip::HeaderId::RecordRoute)) {
    const auto address = sip::parse_name_addr(value);
    if (!address) continue;
    const auto uri = address->uri();
    if (uri && uri->has_user()) {
      const auto token = node.tokens.read_dialog(uri->user, answer.call_id(), from->tag());
      if (token && token->anchor) {
        if (!first) first = hops.uris.size();
        hops.last_own = hops.uris.size();
        hops.token = token;
      }
    }
    hops.uris.push_back(sip::clean(address->uri_text));
  }
  hops.first_own = first.value_or(hops.uris.size());
  return hops;
}

void set_flow(state::v1::Leg& leg, const Node& node, const std::optional<FlowToken>& flow) {
  if (flow) node.tokens.append(*leg.mutable_flow(), *flow);
}

}  // namespace

state::v1::Leg caller_leg(const sip::Message& invite) {
  state::v1::Leg leg;
  if (const auto from = invite.from()) leg.set_tag(sip::clean(from->tag()));
  leg.set_contact(contact_of(invite));
  if (const auto cseq = invite.cseq()) leg.set_cseq(cseq->number);
  return leg;
}

calls::Answered answer_of(const Node& node, const sip::Message& answer, const std::string& aor,
                          std::int64_t at_ms) {
  calls::Answered event;
  event.at_ms = at_ms;
  auto& callee = event.callee;
  auto& caller = event.caller;
  callee.set_aor(aor);
  if (const auto to = answer.to()) callee.set_tag(sip::clean(to->tag()));
  callee.set_contact(contact_of(answer));

  const auto hops = hops_of(node, answer);
  if (hops.first_own == hops.uris.size()) return event;  // the phone does not copy Record-Route
  for (std::size_t i = hops.first_own + 1; i-- > 0;) callee.add_route_set(hops.uris[i]);
  for (std::size_t i = hops.last_own; i < hops.uris.size(); ++i) caller.add_route_set(hops.uris[i]);
  set_flow(callee, node, hops.token->callee);
  set_flow(caller, node, hops.token->caller);
  return event;
}

}  // namespace pbx::proxy
