#include "proxy/domain/stateless.hpp"

#include <array>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "proxy/domain/reply_flow.hpp"
#include "proxy/domain/trust_boundary.hpp"

namespace pbx::proxy {
namespace {

constexpr std::string_view kRetryAfter = "Retry-After: 1\r\n";

std::optional<sip::Via> second_via(const sip::Message& response) {
  const auto vias = response.values(sip::HeaderId::Via);
  auto at = vias.begin();
  if (at == vias.end() || ++at == vias.end()) return std::nullopt;
  const auto via = sip::parse_via(*at);
  if (!via) return std::nullopt;
  return *via;
}

}  // namespace

Stateless::Stateless(const Node& node, const KeyedHash& tag_key, Wire& wire)
    : node_{node}, tag_key_{tag_key}, wire_{wire} {}

std::string Stateless::reply_tag(const sip::Message& request) const {
  std::string text{request.call_id()};
  if (const auto from = request.from()) (text += ' ') += from->tag();
  if (const auto cseq = request.cseq()) (text += ' ') += std::to_string(cseq->number);
  ByteWriter bytes;
  bytes.u64(tag_key_(text));
  return "s" + to_hex(bytes.bytes());
}

void Stateless::reply(const sip::Message& request, const Flow& source, sip::ResponseParts parts) {
  std::string address;
  source.remote.append_address(address);
  const std::string tag = parts.status > 100 ? reply_tag(request) : std::string{};
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
  return to && to->tag() == reply_tag(ack);
}

bool Stateless::forward_response(const sip::Message& response) {
  const auto via = second_via(response);
  if (!via) return false;
  const auto hop = sip::response_target(*via);
  const auto remote = Endpoint::from(hop.host, hop.port);
  if (!remote) return false;
  const auto listener = node_.addresses.to_send(hop.transport, remote->v6, 0);
  if (!listener) return false;
  const auto out = node_.boundary.send_up(response).bytes;
  wire_.send({hop.transport, *listener, *remote, 0}, out);
  node_.metrics.forwarded_stateless.Increment();
  return true;
}

void Stateless::forward_ack(const sip::Message& ack, const Flow& source, const ForwardPlan& plan,
                            const Target& target) {
  std::string out;
  append_forwarded(out, node_, ack, source, plan, target, random_u64());
  wire_.send(target.flow, out);
  node_.metrics.forwarded_stateless.Increment();
}

}  // namespace pbx::proxy
