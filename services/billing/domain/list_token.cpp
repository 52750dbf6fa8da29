#include "billing/domain/list_token.hpp"

#include <charconv>

#include "core/bytes.hpp"

namespace pbx::billing {

std::string to_text(const ListToken& token) {
  return to_base64url(std::to_string(token.started_at_ms) + ":" + token.call_id);
}

std::optional<ListToken> parse_token(std::string_view text) {
  const auto plain = from_base64url(text);
  if (!plain) return std::nullopt;
  ListToken token;
  const char* const end = plain->data() + plain->size();
  const auto [colon, error] = std::from_chars(plain->data(), end, token.started_at_ms);
  if (error != std::errc{} || colon == end || *colon != ':' || token.started_at_ms < 0) {
    return std::nullopt;
  }
  token.call_id.assign(colon + 1, end);
  if (token.call_id.empty() || token.call_id.find('\0') != std::string::npos) return std::nullopt;
  return token;
}

}  // namespace pbx::billing
