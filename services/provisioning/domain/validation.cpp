#include "provisioning/domain/validation.hpp"

#include <algorithm>

#include "model/account_path.hpp"

namespace pbx::provisioning {
namespace {

constexpr std::uint32_t kMostCalls = 1'000'000;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_alnum(char c) { return is_digit(c) || is_letter(c); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lowered(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), lower);
  return out;
}

template <class Is>
bool all(std::string_view text, Is is) {
  return std::all_of(text.begin(), text.end(), is);
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_alnum(text.front()) && is_alnum(text.back()) &&
         all(text, [](char c) { return is_alnum(c) || c == '-'; });
}

/// Well-formed UTF-8 (no overlong forms, surrogates or numbers above U+10FFFF), no C0 or C1 control
/// characters.
bool is_clean_text(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto byte = [&](std::size_t at) {
      return at < text.size() ? static_cast<unsigned char>(text[at]) : 0U;
    };
    const unsigned first = byte(i);
    const std::size_t length = first < 0x80   ? 1
                               : first < 0xC2 ? 0
                               : first < 0xE0 ? 2
                               : first < 0xF0 ? 3
                               : first < 0xF5 ? 4
                                              : 0;
    if (length == 0) return false;
    unsigned code = length == 1 ? first : first & (0xFFU >> (length + 1));
    for (std::size_t k = 1; k < length; ++k) {
      if ((byte(i + k) & 0xC0U) != 0x80U) return false;
      code = code << 6 | (byte(i + k) & 0x3FU);
    }
    static constexpr unsigned kSmallest[] = {0, 0, 0x80, 0x800, 0x10000};
    if (code < kSmallest[length] || code > 0x10FFFF) return false;
    if (code >= 0xD800 && code <= 0xDFFF) return false;
    if (code < 0x20 || (code >= 0x7F && code < 0xA0)) return false;
    i += length;
  }
  return true;
}

}  // namespace

Outcome<std::string> account_name(std::string_view text) {
  if (!is_label(text)) {
    return invalid("name: use letters, digits and inner hyphens, 63 at most, as in a host name");
  }
  return lowered(text);
}

Outcome<std::string> domain_name(std::string_view text) {
  const auto wrong = [] {
    return invalid("name: use a host name such as client.reseller.example");
  };
  if (text.empty() || text.size() > 253) return wrong();
  std::size_t labels = 0;
  std::string_view last;
  for (auto rest = text;;) {
    const auto dot = rest.find('.');
    last = rest.substr(0, dot);
    if (!is_label(last)) return wrong();
    ++labels;
    if (dot == std::string_view::npos) break;
    rest.remove_prefix(dot + 1);
  }
  if (labels < 2 || all(last, is_digit)) return wrong();
  return lowered(text);
}

Outcome<std::string> extension(std::string_view text) {
  const auto fits = [](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') ||
           std::string_view{"+*._-"}.find(c) != std::string_view::npos;
  };
  if (text.empty() || text.size() > 32 || !all(text, fits)) {
    return invalid("extension: use 1 to 32 of the characters 0-9 a-z + * . _ -");
  }
  if (text.starts_with("dev-"))
    return invalid("extension: names that begin with dev- are kept for devices");
  return std::string{text};
}

Outcome<std::string> display_name(std::string_view text) {
  if (text.size() > 128 || !is_clean_text(text)) {
    return invalid("display_name: use at most 128 bytes of text without control characters");
  }
  return std::string{text};
}

Outcome<std::string> device_name(std::string_view text) {
  const auto fits = [](char c) {
    return is_alnum(c) || std::string_view{"._- "}.find(c) != std::string_view::npos;
  };
  if (text.empty() || text.size() > 64 || !all(text, fits) || !is_alnum(text.front()) ||
      text.back() == ' ') {
    return invalid("name: use 1 to 64 letters, digits, spaces and . _ -, a letter or digit first");
  }
  return std::string{text};
}

Outcome<std::string> mac(std::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':' || c == '-' || c == '.') continue;
    const char low = lower(c);
    if (!is_digit(low) && (low < 'a' || low > 'f'))
      return invalid("mac: use 12 hexadecimal digits");
    digits.push_back(low);
  }
  if (text.empty()) return digits;
  if (digits.size() != 12 || text.size() > 17) return invalid("mac: use 12 hexadecimal digits");
  return digits;
}

Outcome<Done> mac_for(events::v1::DeviceKind kind, std::string_view mac) {
  switch (kind) {
    case events::v1::DEVICE_KIND_SIP:
      return Done{};
    case events::v1::DEVICE_KIND_SCCP:
    case events::v1::DEVICE_KIND_UNISTIM:
      if (mac.empty())
        return invalid("mac: SCCP and UNIStim phones are known by their MAC address");
      return Done{};
    default:
      return invalid("kind: use SIP, SCCP or UNIStim");
  }
}

Outcome<std::string> password(std::string_view text) {
  if (text.size() < 8) return invalid("password: use at least 8 characters");
  if (text.size() > 128 || !all(text, [](char c) { return c >= ' ' && c <= '~'; })) {
    return invalid("password: use at most 128 printable ASCII characters");
  }
  return std::string{text};
}

Outcome<std::uint32_t> max_bindings(std::uint32_t value) {
  if (value > 100) return invalid("max_bindings: use 0 (the registrar's default) to 100");
  return value;
}

Outcome<std::uint32_t> max_calls(std::string_view name, std::uint32_t value) {
  if (value > kMostCalls) {
    return invalid(std::string{name} + ": use 0 (no limit of its own) to " +
                   std::to_string(kMostCalls));
  }
  return value;
}

Outcome<events::v1::CallerIdentity> caller_identity(events::v1::CallerIdentity value) {
  if (!events::v1::CallerIdentity_IsValid(value)) {
    return invalid("caller_identity: use asserted, none, or nothing for the proxy's default");
  }
  return value;
}

Outcome<Done> may_limit_calls(events::v1::AccountKind kind) {
  if (kind != events::v1::ACCOUNT_KIND_CLIENT) {
    return invalid("max_calls: calls are counted for each client; set it there");
  }
  return Done{};
}

Outcome<Done> child_kind(events::v1::AccountKind parent, events::v1::AccountKind child) {
  if (child != events::v1::ACCOUNT_KIND_RESELLER && child != events::v1::ACCOUNT_KIND_CLIENT) {
    return invalid("kind: use reseller or client");
  }
  if (parent == events::v1::ACCOUNT_KIND_CLIENT) {
    return invalid("parent_id: a client holds no accounts; use a reseller or the platform");
  }
  return Done{};
}

Outcome<std::string> scope(std::string_view text) {
  if (text.empty()) return std::string{kPlatformPath};
  if (!is_account_path(text)) return invalid("scope: use an account path such as 1.4.9");
  return std::string{text};
}

}  // namespace pbx::provisioning
