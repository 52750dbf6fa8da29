#include "net/address.hpp"

#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

#include "core/errc.hpp"

namespace pbx::net {

namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

/// Digits only, 0 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return port;
}

/// `host:port` or `[host]:port`, split; nullopt when there is no such colon.
struct Split {
  std::string_view host;
  std::string_view port;
  bool bracketed;
};
std::optional<Split> split(std::string_view text) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !text.substr(close + 1).starts_with(':')) {
      return std::nullopt;
    }
    return Split{text.substr(1, close - 1), text.substr(close + 2), true};
  }
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  return Split{text.substr(0, colon), text.substr(colon + 1), false};
}

std::optional<std::array<std::uint8_t, 4>> parse_v4(std::string_view ip) {
  char text[INET_ADDRSTRLEN] = {};
  if (ip.size() >= sizeof text) return std::nullopt;
  std::copy(ip.begin(), ip.end(), text);
  std::array<std::uint8_t, 4> bytes;
  if (ip.find('\0') != std::string_view::npos || ::inet_pton(AF_INET, text, bytes.data()) != 1) {
    return std::nullopt;
  }
  return bytes;
}

std::optional<std::array<std::uint8_t, 16>> parse_v6(std::string_view ip) {
  char text[INET6_ADDRSTRLEN] = {};
  if (ip.size() >= sizeof text) return std::nullopt;
  std::copy(ip.begin(), ip.end(), text);
  std::array<std::uint8_t, 16> bytes;
  if (ip.find('\0') != std::string_view::npos || ::inet_pton(AF_INET6, text, bytes.data()) != 1) {
    return std::nullopt;
  }
  return bytes;
}

/// The interface after `%` in a link-local address: a name or a number.
std::optional<std::uint32_t> parse_scope(std::string_view zone) {
  if (zone.empty() || zone.size() >= IF_NAMESIZE) return std::nullopt;
  // The name of an interface has none of these; what follows a colon the system would ignore.
  if (zone.find_first_of(":/[]@ ") != std::string_view::npos) return std::nullopt;
  std::uint32_t scope = 0;
  const auto [end, error] = std::from_chars(zone.data(), zone.data() + zone.size(), scope);
  if (error == std::errc{} && end == zone.data() + zone.size()) return scope;
  scope = ::if_nametoindex(std::string{zone}.c_str());
  return scope != 0 ? std::optional{scope} : std::nullopt;
}

bool is_host_name(std::string_view host) {
  if (host.empty() || host.size() > 253) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

}  // namespace

Address Address::v4(std::array<std::uint8_t, 4> ip, std::uint16_t port) {
  Address address;
  std::copy(ip.begin(), ip.end(), address.ip_.begin());
  address.port_ = port;
  address.family_ = Family::V4;
  return address;
}

Address Address::v6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port,
                    std::uint32_t scope) {
  if (std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), ip.begin())) {
    return v4({ip[12], ip[13], ip[14], ip[15]}, port);
  }
  Address address;
  address.ip_ = ip;
  address.scope_ = scope;
  address.port_ = port;
  address.family_ = Family::V6;
  return address;
}

Result<Address> Address::parse(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return Errc::InvalidArgument;
  const auto port = parse_port(parts->port);
  if (!port) return Errc::InvalidArgument;
  if (!parts->bracketed) {
    const auto bytes = parse_v4(parts->host);
    if (!bytes) return Errc::InvalidArgument;
    return v4(*bytes, *port);
  }
  if (parts->host.find(':') == std::string_view::npos) return Errc::InvalidArgument;
  return parse_ip(parts->host, *port);
}

Result<Address> Address::parse_ip(std::string_view ip, std::uint16_t port) {
  const bool bracketed = ip.starts_with('[') && ip.ends_with(']');
  if (bracketed) ip = ip.substr(1, ip.size() - 2);
  if (!bracketed) {
    if (const auto bytes = parse_v4(ip)) return v4(*bytes, port);
  }
  std::uint32_t scope = 0;
  if (const auto percent = ip.find('%'); percent != std::string_view::npos) {
    const auto parsed = parse_scope(ip.substr(percent + 1));
    if (!parsed) return Errc::InvalidArgument;
    scope = *parsed;
    ip = ip.substr(0, percent);
  }
  const auto bytes = parse_v6(ip);
  if (!bytes) return Errc::InvalidArgument;
  return v6(*bytes, port, scope);
}

Address Address::with_port(std::uint16_t port) const {
  Address other = *this;
  other.port_ = port;
  return other;
}

std::string_view Address::ip_bytes() const {
  const std::size_t length = is_v4() ? 4 : is_v6() ? 16 : 0;
  return {reinterpret_cast<const char*>(ip_.data()), length};
}

bool Address::is_unspecified() const {
  return family_ != Family::None &&
         std::all_of(ip_.begin(), ip_.end(), [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_loopback() const {
  if (is_v4()) return ip_[0] == 127;
  return is_v6() && ip_[15] == 1 &&
         std::all_of(ip_.begin(), ip_.end() - 1, [](std::uint8_t byte) { return byte == 0; });
}

bool Address::is_multicast() const {
  return is_v4() ? (ip_[0] & 0xf0) == 0xe0 : is_v6() && ip_[0] == 0xff;
}

bool Address::is_private() const {
  if (is_v6()) {
    const bool link_local = ip_[0] == 0xfe && (ip_[1] & 0xc0) == 0x80;
    return link_local || (ip_[0] & 0xfe) == 0xfc;
  }
  if (!is_v4()) return false;
  return ip_[0] == 10 || (ip_[0] == 172 && (ip_[1] & 0xf0) == 16) ||
         (ip_[0] == 192 && ip_[1] == 168) || (ip_[0] == 169 && ip_[1] == 254) ||
         (ip_[0] == 100 && (ip_[1] & 0xc0) == 64);
}

std::string Address::ip() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v4()) ::inet_ntop(AF_INET, ip_.data(), text, sizeof text);
  if (is_v6()) ::inet_ntop(AF_INET6, ip_.data(), text, sizeof text);
  std::string result{text};
  if (scope_ != 0) result += '%' + std::to_string(scope_);
  return result;
}

std::string Address::uri_host() const { return is_v6() ? '[' + ip() + ']' : ip(); }

std::string Address::to_string() const { return uri_host() + ':' + std::to_string(port_); }

unsigned Address::to_sockaddr(sockaddr_storage& out) const {
  if (is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port_);
    std::memcpy(&v4.sin_addr, ip_.data(), 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port_);
  v6.sin6_scope_id = scope_;
  std::memcpy(&v6.sin6_addr, ip_.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

Address Address::from_sockaddr(const sockaddr& from) {
  if (from.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &from, sizeof in);
    std::array<std::uint8_t, 4> ip;
    std::memcpy(ip.data(), &in.sin_addr, ip.size());
    return v4(ip, ntohs(in.sin_port));
  }
  if (from.sa_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &from, sizeof in);
    std::array<std::uint8_t, 16> ip;
    std::memcpy(ip.data(), &in.sin6_addr, ip.size());
    return v6(ip, ntohs(in.sin6_port), in.sin6_scope_id);
  }
  return {};
}

std::size_t Address::hash() const noexcept {
  std::uint64_t high = 0, low = 0;
  std::memcpy(&high, ip_.data(), 8);
  std::memcpy(&low, ip_.data() + 8, 8);
  std::uint64_t mixed = high * 0x9e37'79b9'7f4a'7c15 ^ low ^ (std::uint64_t{port_} << 32 | scope_);
  mixed = (mixed ^ mixed >> 32) * 0xd6e8'feb8'6659'fd93;
  return mixed ^ mixed >> 32;
}

Result<HostPort> parse_host_port(std::string_view text) {
  const auto parts = split(text);
  if (!parts) return Errc::InvalidArgument;
  const auto port = parse_port(parts->port);
  if (!port || *port == 0) return Errc::InvalidArgument;
  const bool good = parts->bracketed ? bool{Address::parse_ip(parts->host, 0)} &&
                                           parts->host.find(':') != std::string_view::npos
                                     : is_host_name(parts->host);
  if (!good) return Errc::InvalidArgument;
  return HostPort{std::string{parts->host}, *port};
}

}  // namespace pbx::net
