// Tokens come back from the network in Route user parts: whatever stands there must be read safely,
// and what is accepted must be what this cluster wrote.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "proxy/domain/tokens.hpp"

namespace {

const pbx::Secret kKey{"a cluster key of sixteen bytes or more"};
const pbx::proxy::Tokens kTokens{kKey, 1};
const pbx::KeyedHash kMac{kKey, "proxy token"};

template <class Token>
void must_survive(const Token& token, std::string_view as_read) {
  std::string again;
  kTokens.append(again, token);
  // The last character may hold bits that say nothing.
  if (pbx::from_base64url(again) != pbx::from_base64url(as_read)) std::abort();
}

void read(const std::string& text) {
  if (const auto flow = kTokens.read_flow(text)) must_survive(*flow, text);
  if (const auto dialog = kTokens.read_dialog(text)) must_survive(*dialog, text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  read(std::string{bytes});
  // The same bytes with a right signature: past the MAC, into the fields.
  pbx::ByteWriter mac;
  mac.u64(kMac(bytes));
  const auto text = pbx::to_base64url(std::string{bytes} + mac.bytes());
  static_cast<void>(kTokens.read_flow(text));
  static_cast<void>(kTokens.read_dialog(text));
  return 0;
}
