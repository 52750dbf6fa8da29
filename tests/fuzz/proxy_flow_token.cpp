// Tokens come back from the network in Route user parts, and branches in Vias: whatever stands
// there must be read safely, and what is accepted must be what this cluster wrote.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "proxy/domain/tokens.hpp"

namespace {

const pbx::KeyRing kRing{pbx::Secret{"a cluster key of sixteen bytes or more"}};
const pbx::proxy::Tokens kTokens{kRing, 1};
const pbx::KeyedHashes kMac{kRing, "proxy token"};
constexpr std::string_view kCallId = "call";
constexpr std::string_view kTag = "tag";
constexpr std::string_view kBye =
    "BYE sip:a@b SIP/2.0\r\nCall-ID: call\r\nCSeq: 2 BYE\r\nContent-Length: 0\r\n\r\n";

void must_be(const std::string& again, std::string_view as_read) {
  // The last character may hold bits that say nothing.
  if (pbx::from_base64url(again) != pbx::from_base64url(as_read)) std::abort();
}

void read(const std::string& text) {
  std::string again;
  if (const auto flow = kTokens.read_flow(text)) {
    kTokens.append(again, *flow);
    must_be(again, text);
  }
  if (const auto dialog = kTokens.read_dialog(text, kCallId, kTag)) {
    kTokens.append(again, *dialog, kCallId, kTag);
    must_be(again, text);
  }
  static_cast<void>(kTokens.read_seal(text, "token", kCallId, "z9hG4bKx"));
}

void read_branch(std::string_view text) {
  const auto branch = pbx::sip::parse_branch(text);
  if (!branch) return;
  std::string again;
  pbx::sip::append_branch(again, *branch);
  if (again != text) std::abort();
  const auto via = pbx::sip::parse_via("SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKx");
  auto right = *branch;
  const auto bye = pbx::sip::parse_message(kBye);
  kTokens.sign(right, *bye, *via);
  const bool named = kTokens.is_signed(right, *bye, *via);
  if (named != (branch->key == kTokens.key())) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  read(std::string{bytes});
  read_branch(bytes);
  // The same bytes with a right signature: past the MAC, into the fields.
  const std::string dialog = std::string{kCallId} + '\0' + std::string{kTag} + '\0';
  for (const auto& context : {std::string{}, dialog}) {
    pbx::ByteWriter mac;
    mac.u64(kMac.current()(context + std::string{bytes}));
    const auto text = pbx::to_base64url(std::string{bytes} + mac.bytes());
    static_cast<void>(kTokens.read_flow(text));
    static_cast<void>(kTokens.read_dialog(text, kCallId, kTag));
  }
  return 0;
}
