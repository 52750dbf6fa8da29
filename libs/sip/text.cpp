#include "sip/text.hpp"

#include <charconv>
#include <cstring>

#include "sip/errc.hpp"

namespace pbx::sip {
namespace {

template <std::size_t Size>
std::uint64_t load(const char* at) noexcept {
  std::uint64_t word = 0;
  std::memcpy(&word, at, Size);
  return word;
}

/// Sets bit 5 of every byte that is a letter A to Z.
constexpr std::uint64_t to_lower(std::uint64_t word) noexcept {
  constexpr std::uint64_t kOnes = 0x0101'0101'0101'0101;
  const std::uint64_t low7 = word & (kOnes * 0x7F);
  const std::uint64_t from_a = low7 + kOnes * (0x80 - 'A');
  const std::uint64_t past_z = low7 + kOnes * (0x80 - 'Z' - 1);
  const std::uint64_t upper = from_a & ~past_z & ~word & (kOnes * 0x80);
  return word | upper >> 2;
}

/// Most texts that are equal are spelled alike.
template <std::size_t Size>
bool same(const char* a, const char* b) noexcept {
  const auto x = load<Size>(a);
  const auto y = load<Size>(b);
  return x == y || to_lower(x) == to_lower(y);
}

}  // namespace

bool detail::iequals(const char* a, const char* b, std::size_t size) noexcept {
  if (size < 4) {
    for (; size > 0; --size) {
      if (lower(*a++) != lower(*b++)) return false;
    }
    return true;
  }
  if (size < 8) {  // two words that overlap
    return same<4>(a, b) && same<4>(a + size - 4, b + size - 4);
  }
  for (std::size_t at = 0; at + 8 < size; at += 8) {
    if (!same<8>(a + at, b + at)) return false;
  }
  return same<8>(a + size - 8, b + size - 8);
}

std::string_view trim(std::string_view text) noexcept {
  while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_lws(text.back())) text.remove_suffix(1);
  return text;
}

bool is_token(std::string_view text) noexcept {
  for (const char c : text) {
    if (!is_token_char(c)) return false;
  }
  return !text.empty();
}

Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t max) {
  if (text.empty()) return Errc::BadNumber;
  std::uint64_t number = 0;
  for (const char c : text) {
    if (!is_digit(c)) return Errc::BadNumber;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
    if (number > max) return Errc::BadNumber;
  }
  return static_cast<std::uint32_t>(number);
}

std::string_view unfold(std::string_view text, std::string& scratch) {
  if (text.find_first_of("\r\n") == std::string_view::npos) return text;
  scratch.clear();
  for (std::size_t i = 0; i < text.size();) {
    if (text[i] != '\r' && text[i] != '\n') {
      scratch.push_back(text[i++]);
      continue;
    }
    while (i < text.size() && is_lws(text[i])) ++i;
    while (!scratch.empty() && is_lws(scratch.back())) scratch.pop_back();
    scratch.push_back(' ');
  }
  return scratch;
}

std::string_view unquote(std::string_view text, std::string& scratch) {
  if (text.size() < 2 || text.front() != '"' || text.back() != '"') return text;
  text = text.substr(1, text.size() - 2);
  if (text.find('\\') == std::string_view::npos) return text;
  scratch.clear();
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    scratch.push_back(text[i]);
  }
  return scratch;
}

void append_quoted(std::string& out, std::string_view text) {
  out.push_back('"');
  for (const char c : text) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c == '\r' || c == '\n' ? ' ' : c);
  }
  out.push_back('"');
}

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

}  // namespace pbx::sip
