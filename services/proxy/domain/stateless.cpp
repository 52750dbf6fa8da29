#include "proxy/domain/stateless.hpp"

#include <array>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "proxy/domain/reply_flow.hpp"
#include "proxy/domain/transaction_layer.hpp"
#include "proxy/domain/trust_boundary.hpp"

namespace pbx::proxy {
namespace {

constexpr std::string_view kRetryAfter = "Retry-After: 1\r\n";

}  // namespace

Stateless::Stateless(const Node& node, const KeyedHashes& tag_keys, Wire& wire)
    : node_{node}, tag_keys_{tag_keys}, wire_{wire} {}

std::string Stateless::tag_text(const sip::Message& request) const {
  std::string text{request.call_id()};
  if (const auto from = request.from()) (text += ' ') += from->tag();
  if (const auto cseq = request.cseq()) (text += ' ') += std::to_string(cseq->number);
  return text;
}

std::string Stateless::tag_of(const KeyedHash& key, std::string_view text) const {
  ByteWriter bytes;
  bytes.u64(key(text));
  return "s" + to_hex(bytes.bytes());
}

void Stateless::reply(const sip::Message& request, const Flow& source, sip::ResponseParts parts) {
  std::string address;
  source.remote.append_address(address);
  const std::string tag =
      parts.status > 100 ? tag_of(tag_keys_.current(), tag_text(request)) : std::string{};
  parts.source = {address, source.remote.port};
  parts.to_tag = tag;
  std::string out;
  sip::append_response(out, request, parts);
  wire_.send(reply_flow(request, source), out);
}

void Stateless::refuse(const sip::Message& request, const Flow& source, Refusal refusal,
                       std::string_view reason, std::string_view header_lines) {
  node_.metrics.refused(refusal).Increment();
  const auto& info = info_of(refusal);
  if (info.code == 0 || request.method() == sip::Method::Ack) return;
  if (info.code == 503 && header_lines.empty()) header_lines = kRetryAfter;
  reply(request, source,
        {.status = info.code,
         .reason = reason.empty() ? info.phrase : reason,
         .header_lines = header_lines});
}

bool Stateless::is_ack_of_reply(const sip::Message& ack) const {
  const auto to = ack.to();
  if (!to) return false;
  const auto text = tag_text(ack);
  return tag_keys_.any([&](const KeyedHash& key) { return to->tag() == tag_of(key, text); });
}

bool Stateless::is_signed(const sip::Message& response) const {
  const auto own = response.top_via();
  const auto branch = own ? sip::parse_branch(own->branch) : std::nullopt;
  const auto next = second_via(response);
  if (!branch || !next || !node_.tokens.is_signed(*branch, response, *next)) return false;
  return node_.now_s() <= branch->made_s + oldest_s();
}

/// Nothing rings longer, and nobody repeats an answer for ever.
std::uint32_t Stateless::oldest_s() const {
  const auto rings = std::chrono::duration_cast<std::chrono::seconds>(node_.settings.max_ringing);
  return static_cast<std::uint32_t>((rings + std::chrono::minutes{5}).count());
}

bool Stateless::forward_response(const sip::Message& response) {
  if (!is_signed(response)) return false;
  const auto via = *second_via(response);
  const auto branch = *sip::parse_branch(response.top_via()->branch);
  const auto remote = Endpoint::from(via.received.empty() ? via.host : via.received,
                                     via.rport != 0 ? via.rport : via.port_or_default());
  if (!remote) return false;
  auto listener = node_.addresses.by_name(branch.listener);
  if (!listener || node_.addresses[*listener].transport != via.transport) {
    listener = node_.addresses.to_send(via.transport, remote->v6, 0);
  }
  if (!listener) return false;
  Flow flow{via.transport, *listener, *remote, 0};
  flow.known_only = true;
  forward_response(response, flow);
  return true;
}

void Stateless::forward_response(const sip::Message& response, const Flow& source) {
  wire_.send(source, node_.boundary.send_up(response).bytes);
  node_.metrics.forwarded_stateless.Increment();
}

void Stateless::forward_ack(const sip::Message& ack, const Flow& source, const ForwardPlan& plan,
                            const Target& target) {
  std::string out;
  append_forwarded(out, node_, ack, source, plan, target,
                   branch_of(node_, ack, source, plan, random_u64()));
  wire_.send(target.flow, out);
  node_.metrics.forwarded_stateless.Increment();
}

}  // namespace pbx::proxy
