#include "proxy/domain/tokens.hpp"

#include "core/bytes.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

// First byte of a token: kind in the upper four bits, flags below.
constexpr std::uint8_t kFlowKind = 0x10;
constexpr std::uint8_t kDialogKind = 0x20;
constexpr std::uint8_t kAnchor = 0x01;
constexpr std::uint8_t kHasCaller = 0x02;
constexpr std::uint8_t kHasCallee = 0x04;

// First byte of a flow: transport in the lower bits.
constexpr std::uint8_t kV6 = 0x80;

constexpr std::size_t kMacSize = 8;
constexpr std::size_t kLongestToken = 160;  ///< Characters; two IPv6 streams need 115.

void write_flow(ByteWriter& out, const FlowToken& token) {
  const auto transport = static_cast<std::uint8_t>(token.transport);
  out.u8(static_cast<std::uint8_t>(transport | (token.remote.v6 ? kV6 : 0)));
  out.u16(token.listener);
  out.raw({reinterpret_cast<const char*>(token.remote.ip.data()), token.remote.v6 ? 16u : 4u});
  out.u16(token.remote.port);
  if (sip::is_reliable(token.transport)) {
    out.u32(token.boot);
    out.u64(token.connection);
  }
}

FlowToken read_flow_from(ByteReader& in) {
  FlowToken token;
  const std::uint8_t first = in.u8();
  token.transport = static_cast<sip::Transport>(first & 0x07);
  token.remote.v6 = (first & kV6) != 0;
  token.listener = in.u16();
  const auto ip = in.raw(token.remote.v6 ? 16 : 4);
  ip.copy(reinterpret_cast<char*>(token.remote.ip.data()), token.remote.ip.size());
  token.remote.port = in.u16();
  if (sip::is_reliable(token.transport)) {
    token.boot = in.u32();
    token.connection = in.u64();
  }
  return token;
}

void write_mac(ByteWriter& out, std::uint64_t mac) { out.u64(mac); }

}  // namespace

Tokens::Tokens(const Secret& cluster_key, std::uint32_t boot)
    : mac_{cluster_key, "proxy token"},
      tag_{cluster_key, "proxy tag"},
      branch_{cluster_key, "proxy branch"},
      boot_{boot} {}

void Tokens::append_signed(std::string& out, std::string bytes) const {
  ByteWriter mac;
  write_mac(mac, mac_(bytes));
  bytes += mac.bytes();
  out += to_base64url(bytes);
}

std::optional<std::string> Tokens::unsigned_bytes(std::string_view text, std::uint8_t kind) const {
  if (text.size() > kLongestToken) return std::nullopt;
  auto bytes = from_base64url(text);
  if (!bytes || bytes->size() <= kMacSize) return std::nullopt;
  const std::size_t size = bytes->size() - kMacSize;
  if ((static_cast<std::uint8_t>(bytes->front()) & 0xF0) != kind) return std::nullopt;
  ByteWriter mac;
  write_mac(mac, mac_(std::string_view{*bytes}.substr(0, size)));
  if (!equal_in_constant_time(mac.bytes(), std::string_view{*bytes}.substr(size))) {
    return std::nullopt;
  }
  bytes->resize(size);
  return bytes;
}

void Tokens::append(std::string& out, const FlowToken& token) const {
  ByteWriter bytes;
  bytes.u8(kFlowKind);
  write_flow(bytes, token);
  append_signed(out, bytes.take());
}

void Tokens::append(std::string& out, const DialogToken& token) const {
  ByteWriter bytes;
  bytes.u8(static_cast<std::uint8_t>(kDialogKind | (token.anchor ? kAnchor : 0) |
                                     (token.caller ? kHasCaller : 0) |
                                     (token.callee ? kHasCallee : 0)));
  bytes.u32(token.caller_tag);
  if (token.caller) write_flow(bytes, *token.caller);
  if (token.callee) write_flow(bytes, *token.callee);
  append_signed(out, bytes.take());
}

std::optional<FlowToken> Tokens::read_flow(std::string_view text) const {
  const auto bytes = unsigned_bytes(text, kFlowKind);
  if (!bytes) return std::nullopt;
  ByteReader in{*bytes};
  in.u8();
  auto token = read_flow_from(in);
  if (!in.done()) return std::nullopt;
  return token;
}

std::optional<DialogToken> Tokens::read_dialog(std::string_view text) const {
  const auto bytes = unsigned_bytes(text, kDialogKind);
  if (!bytes) return std::nullopt;
  ByteReader in{*bytes};
  const std::uint8_t flags = in.u8();
  DialogToken token;
  token.anchor = (flags & kAnchor) != 0;
  token.caller_tag = in.u32();
  if ((flags & kHasCaller) != 0) token.caller = read_flow_from(in);
  if ((flags & kHasCallee) != 0) token.callee = read_flow_from(in);
  if (!in.done()) return std::nullopt;
  return token;
}

FlowToken Tokens::token_of(const Flow& flow, const Addresses& addresses) const {
  FlowToken token{addresses[flow.listener].name, flow.transport, flow.remote, 0, 0};
  if (flow.reliable()) {
    token.boot = boot_;
    token.connection = flow.connection;
  }
  return token;
}

std::optional<Flow> Tokens::flow_of(const FlowToken& token, const Addresses& addresses) const {
  const auto listener = addresses.by_name(token.listener);
  if (!listener || addresses[*listener].transport != token.transport) return std::nullopt;
  Flow flow{token.transport, *listener, token.remote, 0};
  if (flow.reliable()) {
    if (token.boot != boot_ || token.connection == 0) return std::nullopt;
    flow.connection = token.connection;
  }
  return flow;
}

std::uint32_t Tokens::tag_hash(std::string_view tag) const {
  return static_cast<std::uint32_t>(tag_(tag));
}

std::uint64_t Tokens::branch_random(std::string_view call_id, std::string_view place) const {
  std::string text{call_id};
  text += '\0';
  text += place;
  return branch_(text);
}

}  // namespace pbx::proxy
