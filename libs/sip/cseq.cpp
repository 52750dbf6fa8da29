#include "sip/cseq.hpp"

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"

namespace pbx::sip {
namespace {

constexpr std::uint32_t kMax = 0x7FFF'FFFF;

/// A number and the white space that must follow it.
Result<std::uint32_t> take_number(std::string_view& text, std::uint32_t max) {
  std::size_t length = 0;
  while (length < text.size() && !is_lws(text[length])) ++length;
  PBX_TRY(const auto number, parse_number(text.substr(0, length), max));
  text.remove_prefix(length);
  detail::skip_lws(text);
  return number;
}

}  // namespace

Result<CSeq> parse_cseq(std::string_view text) {
  text = trim(text);
  PBX_TRY(const auto number, take_number(text, kMax));
  if (!is_token(text)) return Errc::BadToken;
  return CSeq{number, text};
}

Result<RAck> parse_rack(std::string_view text) {
  text = trim(text);
  PBX_TRY(const auto rseq, take_number(text, kMax));
  PBX_TRY(const auto cseq, parse_cseq(text));
  return RAck{rseq, cseq};
}

}  // namespace pbx::sip
