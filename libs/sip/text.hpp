#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/detail/char_class.hpp"

namespace pbx::sip {

// Small pieces of RFC 3261 §25. All are bounded by the view they are given.

constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
/// Linear white space. CR and LF occur in a value only where the message parser found a fold.
constexpr bool is_lws(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

namespace detail {
bool iequals(const char* a, const char* b, std::size_t size) noexcept;
}

/// ASCII case-insensitive equality.
inline bool iequals(std::string_view a, std::string_view b) noexcept {
  return a.size() == b.size() && detail::iequals(a.data(), b.data(), a.size());
}
/// Without white space (folds too) at both ends.
std::string_view trim(std::string_view text) noexcept;

inline bool is_token_char(char c) noexcept { return detail::in_class(c, detail::kTokenChar); }
/// One or more token characters and nothing else.
bool is_token(std::string_view text) noexcept;

/// Decimal digits and nothing else; leading zeros are fine. Above `max` or not a number:
/// Errc::BadNumber.
Result<std::uint32_t> parse_number(std::string_view text, std::uint32_t max = 0xFFFF'FFFF);

/// A header field value with every fold turned into one space. Gives `text` back if there is none,
/// else a view of `scratch`.
std::string_view unfold(std::string_view text, std::string& scratch);

/// The content of a quoted string without quotes and backslashes; `text` itself when it is not
/// quoted. A view of `text` or, if there was a backslash, of `scratch`.
std::string_view unquote(std::string_view text, std::string& scratch);
/// Appends `text` between quotes, with backslashes where needed. CR and LF become spaces.
void append_quoted(std::string& out, std::string_view text);

void append_number(std::string& out, std::uint64_t number);

}  // namespace pbx::sip
