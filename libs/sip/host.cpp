#include <arpa/inet.h>

#include <array>
#include <cstring>

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"
#include "sip/uri.hpp"

namespace pbx::sip {
namespace {

bool is_ipv6(std::string_view text) {
  std::array<char, INET6_ADDRSTRLEN> copy{};
  if (text.size() >= copy.size() || text.find('\0') != std::string_view::npos) return false;
  std::memcpy(copy.data(), text.data(), text.size());
  in6_addr address;
  return inet_pton(AF_INET6, copy.data(), &address) == 1;
}

/// Four numbers of 0 to 255, no leading zeros judged.
bool is_ipv4(std::string_view text) {
  unsigned parts = 0;
  while (parts < 4) {
    unsigned number = 0;
    std::size_t digits = 0;
    while (digits < text.size() && digits < 4 && is_digit(text[digits])) {
      number = number * 10 + static_cast<unsigned>(text[digits++] - '0');
    }
    if (digits == 0 || digits > 3 || number > 255) return false;
    text.remove_prefix(digits);
    ++parts;
    if (parts == 4) break;
    if (text.empty() || text.front() != '.') return false;
    text.remove_prefix(1);
  }
  return text.empty();
}

/// A host name, or an IPv4 address when it is all digits and dots.
bool is_name_or_ipv4(std::string_view host) {
  if (host.empty() || host.size() > 255) return false;
  bool numeric = true;
  char before = '.';
  for (const char c : host) {
    if (!detail::in_class(c, detail::kHostChar)) return false;
    if (c == '.' && before == '.') return false;  // empty label
    numeric = numeric && (c == '.' || is_digit(c));
    before = c;
  }
  return !numeric || is_ipv4(host);
}

}  // namespace

bool Uri::host_is_ipv4() const { return is_ipv4(host); }

std::string_view Uri::bare_host() const {
  return host_is_ipv6() ? host.substr(1, host.size() - 2) : host;
}

Result<HostPort> parse_host_port(std::string_view text, bool lenient) {
  HostPort parsed;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return Errc::BadHost;
    if (!is_ipv6(text.substr(1, close - 1))) return Errc::BadHost;
    parsed.host = text.substr(0, close + 1);
    rest = text.substr(close + 1);
  } else {
    const auto colon = text.find(':');
    parsed.host = text.substr(0, colon);
    if (lenient) parsed.host = trim(parsed.host);
    if (!is_name_or_ipv4(parsed.host)) return Errc::BadHost;
    rest = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (lenient) rest = trim(rest);
  if (rest.empty()) return parsed;
  if (rest.front() != ':') return Errc::BadHost;
  rest.remove_prefix(1);
  if (lenient) rest = trim(rest);
  const auto port = parse_number(rest, 65'535);
  if (!port || *port == 0) return Errc::BadPort;
  parsed.port = static_cast<std::uint16_t>(*port);
  return parsed;
}

}  // namespace pbx::sip
