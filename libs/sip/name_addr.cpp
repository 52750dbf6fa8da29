#include "sip/name_addr.hpp"

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"

namespace pbx::sip {
namespace {

/// A display name without quotes: tokens and white space. Bytes above 127 are let through, because
/// phones send names in UTF-8 so.
std::size_t display_length(std::string_view text) {
  std::size_t length = 0;
  while (length < text.size() && (is_token_char(text[length]) || is_lws(text[length]) ||
                                  static_cast<unsigned char>(text[length]) >= 0x80)) {
    ++length;
  }
  return length;
}

Result<NameAddr> with_params(NameAddr address, std::string_view rest) {
  address.params = Params{trim(rest)};
  if (!address.params.well_formed()) return Errc::BadParameter;
  return address;
}

Result<NameAddr> parse_bracketed(NameAddr address, std::string_view rest) {
  const auto close = detail::find_any<'>'>(rest);
  if (close == rest.size() || close < 2) return Errc::BadNameAddr;
  address.bracketed = true;
  address.uri_text = rest.substr(1, close - 1);
  return with_params(address, rest.substr(close + 1));
}

/// Without brackets a URI ends at its first semicolon and may hold no comma and no question mark
/// (RFC 3261 §20.10).
Result<NameAddr> parse_bare(NameAddr address, std::string_view text) {
  std::size_t end = 0;
  while (end < text.size() && text[end] != ';' && !is_lws(text[end])) {
    const char c = text[end];
    if (c == '<' || c == '>' || c == '"' || c == ',' || c == '?') return Errc::BadNameAddr;
    ++end;
  }
  address.uri_text = text.substr(0, end);
  if (detail::find_any<':'>(address.uri_text) == end) return Errc::BadNameAddr;
  return with_params(address, text.substr(end));
}

}  // namespace

Result<NameAddr> parse_name_addr(std::string_view text) {
  NameAddr address;
  address.text = text = trim(text);
  if (text.empty()) return Errc::BadNameAddr;
  std::size_t length = 0;
  if (text.front() == '"') {
    length = detail::quoted_length(text);
    if (length == 0) return Errc::BadQuotedString;
    address.display = text.substr(0, length);
    while (length < text.size() && is_lws(text[length])) ++length;
    if (length == text.size() || text[length] != '<') return Errc::BadNameAddr;
  } else {
    length = display_length(text);
    if (length == text.size()) return Errc::BadNameAddr;
    if (text[length] != '<') return parse_bare(address, text);
    address.display = trim(text.substr(0, length));
  }
  return parse_bracketed(address, text.substr(length));
}

}  // namespace pbx::sip
