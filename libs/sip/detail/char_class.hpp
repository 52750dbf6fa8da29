#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace pbx::sip::detail {

/// Sets of characters as bits of one table, so that a check is one load.
enum CharClass : std::uint8_t {
  kTokenChar = 1,        ///< token of RFC 3261 §25.1
  kUserChar = 2,         ///< user part of a SIP URI, without '%'; also '#', which phones send
  kPasswordChar = 4,     ///< password, without '%'
  kUriParamChar = 8,     ///< paramchar, without '%'
  kUriHeaderChar = 16,   ///< hnv-unreserved and unreserved, '&', '=' and '@', without '%'
  kUriChar = 32,         ///< anything that may stand in some URI
  kHostChar = 64,        ///< name or IPv4 address; also '_', which host names in the wild have
  kParamValueChar = 128  ///< an unquoted header parameter value, more liberal than token / host
};

inline constexpr std::array<std::uint8_t, 256> kCharClasses = [] {
  std::array<std::uint8_t, 256> table{};
  const auto add = [&table](std::string_view chars, unsigned bits) {
    for (const char c : chars) {
      auto& entry = table[static_cast<unsigned char>(c)];
      entry = static_cast<std::uint8_t>(entry | bits);
    }
  };
  for (unsigned c = 0x21; c < 0x7F; ++c) {
    const bool delimiter = c == ';' || c == ',' || c == '"' || c == '<' || c == '>';
    if (!delimiter) table[c] |= kParamValueChar;
    if (c != '"' && c != '<' && c != '>' && c != '\\' && c != '^' && c != '`') table[c] |= kUriChar;
  }
  constexpr unsigned kAlphanumeric =
      kTokenChar | kUserChar | kPasswordChar | kUriParamChar | kUriHeaderChar | kHostChar;
  add("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789", kAlphanumeric);
  add("-_.!~*'()", kUserChar | kPasswordChar | kUriParamChar | kUriHeaderChar);
  add("-.!%*_+`'~", kTokenChar);
  add("&=+$,;?/#", kUserChar);
  add("&=+$,", kPasswordChar);
  add("[]/:&+$", kUriParamChar);
  add("[]/?:+$&=@", kUriHeaderChar);
  add("-._", kHostChar);
  return table;
}();

inline bool in_class(char c, unsigned classes) noexcept {
  return (kCharClasses[static_cast<unsigned char>(c)] & classes) != 0;
}

}  // namespace pbx::sip::detail
