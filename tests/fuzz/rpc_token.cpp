// A token that is read is written as the same bytes, and none that anybody without the key made
// opens a gate.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/bytes.hpp"
#include "core/clock.hpp"
#include "rpc/gate.hpp"
#include "rpc/identity.hpp"
#include "rpc/token.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

void check(std::string_view text, const rpc::Gate& gate) {
  require(!gate.admit("RegisterStream", text));
  const auto received = rpc::parse_token(text);
  if (!received) return;
  require(rpc::bytes_to_sign(received->token) == received->signed_bytes);
  const auto again = rpc::token_text(received->signed_bytes, received->signature);
  require(rpc::parse_token(again)->signed_bytes == received->signed_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const SystemClock clock;
  static const rpc::Gate gate{
      "registrar", *rpc::CallerKeys::parse("proxy:" + rpc::SigningKey::make().public_key().text()),
      clock};
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check(bytes, gate);
  check(to_base64url(bytes), gate);  // deeper than the alphabet
  const auto keys = rpc::CallerKeys::parse(bytes);
  if (keys) require(keys->find("", 0) == nullptr);
  return 0;
}
