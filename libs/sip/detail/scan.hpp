#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sip/params.hpp"
#include "sip/text.hpp"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace pbx::sip::detail {

/// The first byte of [first, last) that is one of `Chars`, or `last`.
template <char... Chars>
inline const char* find_any(const char* first, const char* last) noexcept {
#if defined(__SSE2__)
  for (; last - first >= 16; first += 16) {
    const __m128i block = _mm_loadu_si128(reinterpret_cast<const __m128i*>(first));
    __m128i hit = _mm_setzero_si128();
    ((hit = _mm_or_si128(hit, _mm_cmpeq_epi8(block, _mm_set1_epi8(Chars)))), ...);
    const int mask = _mm_movemask_epi8(hit);
    if (mask != 0) return first + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (first != last && !((*first == Chars) || ...)) ++first;
  return first;
}

template <char... Chars>
inline std::size_t find_any(std::string_view text, std::size_t from = 0) noexcept {
  const char* const last = text.data() + text.size();
  return static_cast<std::size_t>(find_any<Chars...>(text.data() + from, last) - text.data());
}

inline void skip_lws(std::string_view& text) noexcept {
  while (!text.empty() && is_lws(text.front())) text.remove_prefix(1);
}

/// The length of the quoted string that `text` begins with, quotes included; 0 when it is not
/// closed.
std::size_t quoted_length(std::string_view text) noexcept;

/// The length of the run of token characters that `text` begins with.
inline std::size_t token_length(std::string_view text) noexcept {
  std::size_t length = 0;
  while (length < text.size() && is_token_char(text[length])) ++length;
  return length;
}

/// Takes a token, empty when there is none.
inline std::string_view take_token(std::string_view& text) noexcept {
  const auto token = text.substr(0, token_length(text));
  text.remove_prefix(token.size());
  return token;
}

enum class Step : std::uint8_t { Value, End, Malformed };

/// Takes the next `;name[=value]` off `rest`.
Step take_param(std::string_view& rest, Param& param) noexcept;

}  // namespace pbx::sip::detail
