#include "proxy/domain/leg.hpp"

#include <string>
#include <vector>

#include "proxy/domain/route_set.hpp"
#include "sip/builder.hpp"
#include "sip/name_addr.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

std::string contact_of(const sip::Message& message) {
  const auto contact = message.first_address(sip::HeaderId::Contact);
  return contact && *contact ? sip::clean((*contact)->uri_text) : std::string{};
}

bool is_ours(const Node& node, const sip::Message& answer, std::string_view route_uri) {
  const auto from = answer.from();
  return from && home_of(node, route_uri, answer.call_id(), from->tag());
}

}  // namespace

state::v1::Leg caller_leg(const Node& node, const sip::Message& invite, const Flow& source) {
  state::v1::Leg leg;
  if (const auto from = invite.from()) leg.set_tag(std::string{from->tag()});
  leg.set_contact(contact_of(invite));
  if (const auto cseq = invite.cseq()) leg.set_cseq(cseq->number);
  for (const auto value : invite.values(sip::HeaderId::RecordRoute)) {
    if (const auto route = sip::parse_name_addr(value)) {
      leg.add_route_set(sip::clean(route->uri_text));
    }
  }
  node.tokens.append(*leg.mutable_flow(), caller_token(node, invite, source));
  return leg;
}

state::v1::Leg callee_leg(const Node& node, const sip::Message& answer, const Target& place,
                          const std::string& aor) {
  state::v1::Leg leg;
  leg.set_aor(aor);
  if (const auto to = answer.to()) leg.set_tag(std::string{to->tag()});
  leg.set_contact(contact_of(answer));
  leg.set_flow(flow_text(node, place));
  // From the callee's side to the caller's: ours come after those that are nearer to the callee.
  std::vector<std::string> behind;
  for (const auto value : answer.values(sip::HeaderId::RecordRoute)) {
    const auto route = sip::parse_name_addr(value);
    if (!route || is_ours(node, answer, route->uri_text)) break;
    behind.push_back(sip::clean(route->uri_text));
  }
  for (auto at = behind.rbegin(); at != behind.rend(); ++at) leg.add_route_set(*at);
  return leg;
}

std::string flow_text(const Node& node, const Target& place) {
  std::string text;
  node.tokens.append(text, token_of(node, place));
  return text;
}

}  // namespace pbx::proxy
