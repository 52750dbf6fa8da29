// A list's token that is read is written as one that is read as the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "core/bytes.hpp"
#include "proxy/domain/list_token.hpp"

namespace {

void check(std::string_view text) {
  const auto token = pbx::proxy::parse_list_token(text);
  if (!token) return;
  if (token->tenant == 0 || token->started_at_ms < 0 || token->call_id.empty()) std::abort();
  if (pbx::proxy::parse_list_token(pbx::proxy::to_text(*token)) != token) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check(bytes);
  if (size <= 1'000) check(pbx::to_base64url(bytes));
  return 0;
}
