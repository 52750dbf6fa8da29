#include "proxy/domain/tokens.hpp"

#include "core/bytes.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

// First byte of a token: kind in the upper four bits, flags below. The second is the key's id.
constexpr std::uint8_t kFlowKind = 0x10;
constexpr std::uint8_t kDialogKind = 0x20;
constexpr std::uint8_t kUsage = 0x03;
constexpr std::uint8_t kCalleeElsewhere = 0x04;  ///< Another node than the token's has its flow.

// First byte of an address: transport in the lower bits.
constexpr std::uint8_t kV6 = 0x80;

constexpr std::size_t kMacSize = 8;
constexpr std::size_t kLongestToken = 256;  ///< Characters; two IPv6 streams need 195.
constexpr std::size_t kLongestCallId = 32;  ///< Ours have 20 characters.
constexpr std::size_t kSealSize = 1 + 4 + kMacSize;

void write_address(ByteWriter& out, sip::Transport transport, const Endpoint& at) {
  out.u8(static_cast<std::uint8_t>(static_cast<std::uint8_t>(transport) | (at.v6 ? kV6 : 0)));
  out.raw({reinterpret_cast<const char*>(at.ip.data()), at.v6 ? 16u : 4u});
  out.u16(at.port);
}

void read_address(ByteReader& in, sip::Transport& transport, Endpoint& at) {
  const std::uint8_t first = in.u8();
  transport = static_cast<sip::Transport>(first & 0x07);
  at.v6 = (first & kV6) != 0;
  const auto ip = in.raw(at.v6 ? 16 : 4);
  ip.copy(reinterpret_cast<char*>(at.ip.data()), at.ip.size());
  at.port = in.u16();
}

void write_flow(ByteWriter& out, const FlowToken& token) {
  write_address(out, token.transport, token.remote);
  out.u16(token.listener);
  if (sip::is_reliable(token.transport)) {
    out.u32(token.boot);
    out.u64(token.connection);
  }
}

void write_home(ByteWriter& out, const Home& home) { write_address(out, home.transport, home.at); }

void read_home(ByteReader& in, Home& home) { read_address(in, home.transport, home.at); }

FlowToken read_flow_from(ByteReader& in) {
  FlowToken token;
  read_address(in, token.transport, token.remote);
  token.listener = in.u16();
  if (sip::is_reliable(token.transport)) {
    token.boot = in.u32();
    token.connection = in.u64();
  }
  return token;
}

std::string joined(std::string_view a, std::string_view b) {
  std::string text;
  text.reserve(a.size() + b.size() + 1);
  text.append(a) += '\0';
  return text.append(b);
}

std::uint64_t mac_of(const KeyedHash& hash, std::string_view bytes, std::string_view context) {
  return context.empty() ? hash(bytes) : hash(joined(context, bytes));
}

std::string seal_context(std::string_view token, std::string_view call_id,
                         std::string_view branch) {
  return joined(joined(call_id, branch), token);
}

}  // namespace

Tokens::Tokens(const KeyRing& keys, std::uint32_t boot)
    : mac_{keys, "proxy token"},
      seal_{keys, "proxy seal"},
      branch_{keys, "proxy branch"},
      response_{keys, "proxy response"},
      boot_{boot} {}

void Tokens::append_signed(std::string& out, std::string bytes, std::string_view context) const {
  ByteWriter mac;
  mac.u64(mac_of(mac_.current(), bytes, context));
  bytes += mac.bytes();
  out += to_base64url(bytes);
}

std::optional<std::string> Tokens::unsigned_bytes(std::string_view text, std::uint8_t kind,
                                                  std::string_view context) const {
  if (text.size() > kLongestToken) return std::nullopt;
  auto bytes = from_base64url(text);
  if (!bytes || bytes->size() <= kMacSize + 2) return std::nullopt;
  if ((static_cast<std::uint8_t>(bytes->front()) & 0xF0) != kind) return std::nullopt;
  const auto* const hash = mac_.find(static_cast<std::uint8_t>((*bytes)[1]));
  if (hash == nullptr) return std::nullopt;
  const std::size_t size = bytes->size() - kMacSize;
  ByteReader mac{std::string_view{*bytes}.substr(size)};
  if (mac_of(*hash, std::string_view{*bytes}.substr(0, size), context) != mac.u64()) {
    return std::nullopt;
  }
  bytes->resize(size);
  return bytes;
}

void Tokens::append(std::string& out, const FlowToken& token) const {
  ByteWriter bytes;
  bytes.u8(kFlowKind);
  bytes.u8(mac_.id());
  write_flow(bytes, token);
  write_home(bytes, token.home);
  append_signed(out, bytes.take(), {});
}

void Tokens::append(std::string& out, const DialogToken& token, std::string_view call_id,
                    std::string_view caller_tag) const {
  ByteWriter bytes;
  const bool elsewhere = !(token.callee.home == token.home);
  bytes.u8(static_cast<std::uint8_t>(kDialogKind | static_cast<std::uint8_t>(token.usage) |
                                     (elsewhere ? kCalleeElsewhere : 0)));
  bytes.u8(mac_.id());
  bytes.u32(token.made_s);
  write_home(bytes, token.home);
  if (token.usage == DialogToken::Usage::Call) {
    bytes.u8(static_cast<std::uint8_t>(token.call_id.size()));
    bytes.raw(token.call_id);
  } else if (token.usage == DialogToken::Usage::Subscription) {
    bytes.u64(token.subscriber.value);
    bytes.u64(token.notifier.value);
  }
  if (token.usage != DialogToken::Usage::Mark) {
    write_flow(bytes, token.caller);
    write_flow(bytes, token.callee);
    if (elsewhere) write_home(bytes, token.callee.home);
  }
  append_signed(out, bytes.take(), joined(call_id, caller_tag));
}

std::optional<FlowToken> Tokens::read_flow(std::string_view text) const {
  const auto bytes = unsigned_bytes(text, kFlowKind, {});
  if (!bytes) return std::nullopt;
  ByteReader in{*bytes};
  in.u16();
  auto token = read_flow_from(in);
  read_home(in, token.home);
  if (!in.done()) return std::nullopt;
  return token;
}

std::optional<DialogToken> Tokens::read_dialog(std::string_view text, std::string_view call_id,
                                               std::string_view caller_tag) const {
  const auto bytes = unsigned_bytes(text, kDialogKind, joined(call_id, caller_tag));
  if (!bytes) return std::nullopt;
  ByteReader in{*bytes};
  const std::uint8_t flags = in.u8();
  in.u8();
  DialogToken token;
  const std::uint8_t usage = flags & kUsage;
  if (usage > static_cast<std::uint8_t>(DialogToken::Usage::Subscription)) return std::nullopt;
  token.usage = static_cast<DialogToken::Usage>(usage);
  token.made_s = in.u32();
  read_home(in, token.home);
  if (token.usage == DialogToken::Usage::Call) {
    const std::size_t size = in.u8();
    if (size > kLongestCallId) return std::nullopt;
    token.call_id = in.raw(size);
  } else if (token.usage == DialogToken::Usage::Subscription) {
    token.subscriber = UserId{in.u64()};
    token.notifier = UserId{in.u64()};
  }
  if (token.usage != DialogToken::Usage::Mark) {
    token.caller = read_flow_from(in);
    token.callee = read_flow_from(in);
    token.caller.home = token.callee.home = token.home;
    if ((flags & kCalleeElsewhere) != 0) read_home(in, token.callee.home);
  }
  if (!in.done()) return std::nullopt;
  return token;
}

void Tokens::append_seal(std::string& out, std::string_view token, std::string_view call_id,
                         std::string_view branch, std::uint32_t at_s) const {
  ByteWriter seal;
  seal.u8(seal_.id());
  seal.u32(at_s);
  seal.u64(mac_of(seal_.current(), seal.bytes(), seal_context(token, call_id, branch)));
  out += to_base64url(seal.bytes());
}

std::optional<std::uint32_t> Tokens::read_seal(std::string_view seal, std::string_view token,
                                               std::string_view call_id,
                                               std::string_view branch) const {
  if (seal.size() > 2 * kSealSize) return std::nullopt;
  const auto bytes = from_base64url(seal);
  if (!bytes || bytes->size() != kSealSize) return std::nullopt;
  ByteReader in{*bytes};
  const auto* const hash = seal_.find(in.u8());
  const auto at_s = in.u32();
  if (hash == nullptr) return std::nullopt;
  const auto said = std::string_view{*bytes}.substr(0, kSealSize - kMacSize);
  const bool right = mac_of(*hash, said, seal_context(token, call_id, branch)) == in.u64();
  return right ? std::optional{at_s} : std::nullopt;
}

FlowToken Tokens::token_of(const Flow& flow, const Addresses& addresses) const {
  FlowToken token{addresses[flow.listener].name,     flow.transport, flow.remote, 0, 0,
                  addresses.home_near(flow.listener)};
  if (flow.reliable()) {
    token.boot = boot_;
    token.connection = flow.connection;
  }
  return token;
}

std::optional<Flow> Tokens::flow_of(const FlowToken& token, const Addresses& addresses) const {
  auto listener = addresses.by_name(token.listener);
  if (!listener || addresses[*listener].transport != token.transport) {
    listener = addresses.to_send(token.transport, token.remote.v6, 0);
  }
  if (!listener) return std::nullopt;
  Flow flow{token.transport, *listener, token.remote, 0};
  if (flow.reliable()) {
    if (token.boot != boot_ || token.connection == 0) return std::nullopt;
    flow.connection = token.connection;
  }
  return flow;
}

std::uint64_t Tokens::branch_random(std::string_view call_id, std::string_view place,
                                    std::uint8_t key) const {
  const auto* const hash = branch_.find(key);
  return (hash != nullptr ? *hash : branch_.current())(joined(call_id, place));
}

void Tokens::sign(sip::Branch& branch, const sip::Message& request, const sip::Via& next) const {
  const auto* const hash = response_.find(branch.key);
  if (hash != nullptr) branch.mac = (*hash)(sip::signed_text(branch, request, next));
}

bool Tokens::is_signed(const sip::Branch& branch, const sip::Message& message,
                       const sip::Via& next) const {
  const auto* const hash = response_.find(branch.key);
  return hash != nullptr && branch.mac == (*hash)(sip::signed_text(branch, message, next));
}

}  // namespace pbx::proxy
