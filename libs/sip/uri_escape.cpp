#include "sip/detail/scan.hpp"
#include "sip/uri.hpp"

namespace pbx::sip {
namespace {

constexpr std::string_view kHex = "0123456789ABCDEF";

constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// The byte that `text` at `at` stands for; moves `at` past a %HH's first two characters.
char decode(std::string_view text, std::size_t& at) {
  if (text[at] != '%' || at + 2 >= text.size()) return text[at];
  const int high = hex_value(text[at + 1]);
  const int low = hex_value(text[at + 2]);
  if (high < 0 || low < 0) return text[at];
  at += 2;
  return static_cast<char>(high << 4 | low);
}

void append_hex(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  out.push_back('%');
  out.push_back(kHex[byte >> 4]);
  out.push_back(kHex[byte & 15]);
}

}  // namespace

void append_unescaped(std::string& out, std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) out.push_back(decode(text, i));
}

void append_escaped_user(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c != '#' && detail::in_class(c, detail::kUserChar)) {
      out.push_back(c);
    } else {
      append_hex(out, c);
    }
  }
}

void append_escaped_param(std::string& out, std::string_view text) {
  for (const char c : text) {
    const bool in_both =
        detail::in_class(c, detail::kUriParamChar) && detail::in_class(c, detail::kUriHeaderChar);
    if (in_both && c != '&') {
      out.push_back(c);
    } else {
      append_hex(out, c);
    }
  }
}

void append_aor(std::string& out, const Uri& uri) {
  if (uri.scheme == Scheme::Other) {
    out += uri.text;
    return;
  }
  for (std::size_t i = 0; i < uri.user.size(); ++i) {
    const char c = decode(uri.user, i);
    const bool visual = uri.scheme == Scheme::Tel && (c == '-' || c == '.' || c == '(' || c == ')');
    if (visual) continue;
    if (detail::in_class(c, detail::kUserChar)) {
      out.push_back(c);
    } else {
      append_hex(out, c);
    }
  }
  if (uri.scheme == Scheme::Tel) return;
  if (uri.has_user()) out.push_back('@');
  for (const char c : uri.host) out.push_back(lower(c));
}

std::string aor(const Uri& uri) {
  std::string text;
  text.reserve(uri.user.size() + uri.host.size() + 1);
  append_aor(text, uri);
  return text;
}

}  // namespace pbx::sip
