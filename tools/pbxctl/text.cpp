#include "pbxctl/text.hpp"

#include <locale.h>
#include <wchar.h>

#include <algorithm>
#include <cstdint>

namespace pbx::pbxctl {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";  // U+FFFD
constexpr std::string_view kEllipsis = "\xE2\x80\xA6";     // U+2026

/// UTF-8 whatever the user's locale is, for as long as it lives.
class Utf8 {
 public:
  Utf8() : before_{uselocale(locale())} {}
  ~Utf8() { uselocale(before_); }
  Utf8(const Utf8&) = delete;
  Utf8& operator=(const Utf8&) = delete;

 private:
  static locale_t locale() {
    static const locale_t utf8 = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return utf8;
  }

  locale_t before_;
};

struct Character {
  std::string_view bytes;
  int width = -1;  ///< Below zero: must not reach a terminal.
};

bool turns_text_around(wchar_t c) {
  return c == 0x061C || (c >= 0x200E && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
         (c >= 0x2066 && c <= 0x2069);
}

Character first_character(std::string_view text) {
  wchar_t wide = 0;
  mbstate_t state{};
  const auto length = mbrtowc(&wide, text.data(), text.size(), &state);
  if (length == 0 || length > text.size()) return {text.substr(0, 1), -1};
  return {text.substr(0, length), turns_text_around(wide) ? -1 : wcwidth(wide)};
}

}  // namespace

std::string printable(std::string_view text) {
  const Utf8 utf8;
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto next = first_character(text);
    out += next.width < 0 ? kReplacement : next.bytes;
    text.remove_prefix(next.bytes.size());
  }
  return out;
}

std::size_t display_width(std::string_view text) {
  const Utf8 utf8;
  std::size_t width = 0;
  while (!text.empty()) {
    const auto next = first_character(text);
    width += static_cast<std::size_t>(std::max(next.width, 0));
    text.remove_prefix(next.bytes.size());
  }
  return width;
}

std::string shortened(std::string_view text, std::size_t width) {
  if (display_width(text) <= width) return std::string{text};
  if (width == 0) return {};
  const Utf8 utf8;
  std::string out;
  std::size_t used = 0;
  while (!text.empty()) {
    const auto next = first_character(text);
    used += static_cast<std::size_t>(std::max(next.width, 0));
    if (used > width - 1) break;
    out += next.bytes;
    text.remove_prefix(next.bytes.size());
  }
  out += kEllipsis;
  return out;
}

std::string shell_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace pbx::pbxctl
