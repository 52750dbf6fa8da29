#include <algorithm>
#include <array>
#include <vector>

#include "sip/detail/scan.hpp"
#include "sip/text.hpp"
#include "sip/uri.hpp"
#include "sip/uri_key.hpp"

namespace pbx::sip {
namespace {

constexpr std::string_view kReserved = ";/?:@&=+$,";

constexpr int hex_value(char c) {
  if (is_digit(c)) return c - '0';
  const char l = lower(c);
  return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

/// Takes one character off `text`. An escaped character equals the plain one unless it is reserved
/// (RFC 3261 §19.1.4); an escaped reserved one comes with bit 8 set.
unsigned take_char(std::string_view& text) {
  const char first = text.front();
  if (first == '%' && text.size() >= 3) {
    const int high = hex_value(text[1]);
    const int low = hex_value(text[2]);
    if (high >= 0 && low >= 0) {
      const auto byte = static_cast<unsigned>(high << 4 | low);
      text.remove_prefix(3);
      const bool reserved = kReserved.find(static_cast<char>(byte)) != std::string_view::npos;
      return reserved ? byte | 0x100 : byte;
    }
  }
  text.remove_prefix(1);
  return static_cast<unsigned char>(first);
}

unsigned fold_case(unsigned c) {
  return c < 0x80 ? static_cast<unsigned char>(lower(static_cast<char>(c))) : c;
}

bool same(std::string_view a, std::string_view b, bool ignore_case) {
  while (!a.empty() && !b.empty()) {
    unsigned x = take_char(a);
    unsigned y = take_char(b);
    if (ignore_case) {
      x = fold_case(x);
      y = fold_case(y);
    }
    if (x != y) return false;
  }
  return a.empty() && b.empty();
}

/// Calls `visit(name, value)` for each item; false ends it.
template <class Visit>
bool all_items(std::string_view list, char separator, Visit&& visit) {
  while (!list.empty()) {
    const auto end = list.find(separator);
    const auto item = list.substr(0, end);
    const auto equals = item.find('=');
    const auto value =
        equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    if (!visit(item.substr(0, equals), value)) return false;
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return true;
}

std::string_view without_first(std::string_view params) {
  return params.empty() ? params : params.substr(1);
}

bool params_match(const Uri& a, const Uri& b) {
  for (const auto name : {"user", "ttl", "method", "maddr", "transport"}) {
    if (a.has_param(name) != b.has_param(name)) return false;
  }
  // Of a name that is there twice, against the rules, the first counts.
  return all_items(without_first(a.params), ';', [&](auto name, auto) {
    const auto other = b.param(name);
    return !other || same(*a.param(name), *other, true);
  });
}

/// Every header of `a` is in `b` with the same value.
bool headers_within(const Uri& a, const Uri& b) {
  return all_items(a.headers, '&', [&](auto name, auto) {
    const auto other = b.header(name);
    return other && same(*a.header(name), *other, false);
  });
}

bool is_visual(char c) { return c == '-' || c == '.' || c == '(' || c == ')'; }

void skip_visual(std::string_view& number) {
  while (!number.empty() && is_visual(number.front())) number.remove_prefix(1);
}

bool same_number(std::string_view a, std::string_view b) {
  for (;;) {
    skip_visual(a);
    skip_visual(b);
    if (a.empty() || b.empty()) return a.empty() && b.empty();
    if (lower(a.front()) != lower(b.front())) return false;
    a.remove_prefix(1);
    b.remove_prefix(1);
  }
}

/// RFC 3966 §4: every parameter of one is in the other with the same value.
bool tel_params_match(const Uri& a, const Uri& b) {
  return all_items(without_first(a.params), ';', [&](auto name, auto) {
    const auto value = *a.param(name);
    const auto other = b.param(name);
    return other && (iequals(name, "ext") ? same_number(value, *other) : same(value, *other, true));
  });
}

bool is_unreserved(unsigned c) {
  constexpr std::string_view kMark = "-_.!~*'()";
  const unsigned l = fold_case(c);
  return (c >= '0' && c <= '9') || (l >= 'a' && l <= 'z') ||
         (c < 0x80 && kMark.find(static_cast<char>(c)) != std::string_view::npos);
}

/// Each character in the one spelling that stands for all that equal it by take_char().
void append_spelled(std::string& out, std::string_view text, bool ignore_case) {
  constexpr std::string_view kHex = "0123456789ABCDEF";
  while (!text.empty()) {
    const bool escaped = text.front() == '%';
    unsigned c = take_char(text);
    if (ignore_case) c = fold_case(c);
    const bool plain = kReserved.find(static_cast<char>(c)) != std::string_view::npos && !escaped;
    if (is_unreserved(c) || plain) {
      out += static_cast<char>(c);
    } else {
      out += '%';
      out += kHex[c >> 4 & 0xF];
      out += kHex[c & 0xF];
    }
  }
}

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text) out += lower(c);
}

/// `;name=value` each, sorted by name; of a name that is there twice the first.
void append_params_key(std::string& out, std::string_view params) {
  struct Spelled {
    std::string name, value;
  };
  std::vector<Spelled> all;
  all_items(without_first(params), ';', [&](auto name, auto value) {
    Spelled one;
    append_spelled(one.name, name, true);
    append_spelled(one.value, value, true);
    const auto same_name = [&](const Spelled& other) { return other.name == one.name; };
    if (std::none_of(all.begin(), all.end(), same_name)) all.push_back(std::move(one));
    return true;
  });
  std::sort(all.begin(), all.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  for (const auto& one : all) {
    out += ';';
    out += one.name;
    if (one.value.empty()) continue;
    out += '=';
    out += one.value;
  }
}

}  // namespace

void append_key(std::string& out, const Uri& uri) {
  append_lower(out, uri.scheme_text);
  if (!uri.is_sip()) {
    out += uri.text.substr(uri.scheme_text.size());
    return;
  }
  out += ':';
  if (uri.has_user()) {
    append_spelled(out, uri.user, false);
    if (!uri.password.empty()) {
      out += ':';
      append_spelled(out, uri.password, false);
    }
    out += '@';
  }
  append_lower(out, uri.host);
  if (const auto port = uri.host_is_address() ? uri.port_or_default() : uri.port; port != 0) {
    out += ':';
    append_number(out, port);
  }
  append_params_key(out, uri.params);
}

bool equivalent(const Uri& a, const Uri& b) {
  if (a.scheme != b.scheme) return false;
  switch (a.scheme) {
    case Scheme::Other:
      return iequals(a.scheme_text, b.scheme_text) &&
             a.text.substr(a.scheme_text.size()) == b.text.substr(b.scheme_text.size());
    case Scheme::Tel:
      return same_number(a.user, b.user) && tel_params_match(a, b) && tel_params_match(b, a);
    case Scheme::Sip:
    case Scheme::Sips:
      return same(a.user, b.user, false) && same(a.password, b.password, false) &&
             iequals(a.host, b.host) && a.port == b.port && params_match(a, b) &&
             headers_within(a, b) && headers_within(b, a);
  }
  return false;
}

}  // namespace pbx::sip
