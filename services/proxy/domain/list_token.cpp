#include "proxy/domain/list_token.hpp"

#include <charconv>

#include "core/bytes.hpp"
#include "sip/validate.hpp"

namespace pbx::proxy {
namespace {

/// Characters: base64 of a Call-ID and some 80 more.
constexpr std::size_t kLongest = (sip::kMaxCallId + 96) * 4 / 3;

/// Takes a number and the colon after it.
template <class Number>
bool take(std::string_view& text, Number& number) {
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, number);
  if (error != std::errc{} || stop == end || *stop != ':' || number < 0) return false;
  text.remove_prefix(static_cast<std::size_t>(stop - text.data()) + 1);
  return true;
}

}  // namespace

std::string to_text(const ListToken& token) {
  return to_base64url(std::to_string(token.tenant) + ':' + std::to_string(token.started_at_ms) +
                      ':' + token.call_id + ':' + token.sip_call_id);
}

std::optional<ListToken> parse_list_token(std::string_view text) {
  if (text.size() > kLongest) return std::nullopt;
  const auto plain = from_base64url(text);
  if (!plain) return std::nullopt;
  std::string_view rest = *plain;
  ListToken token;
  if (!take(rest, token.tenant) || !take(rest, token.started_at_ms)) return std::nullopt;
  const auto colon = rest.find(':');  // our ids have none
  if (token.tenant == 0 || colon == 0 || colon == std::string_view::npos) return std::nullopt;
  token.call_id = rest.substr(0, colon);
  token.sip_call_id = rest.substr(colon + 1);
  return token;
}

}  // namespace pbx::proxy
