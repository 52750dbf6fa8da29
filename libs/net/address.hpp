#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "core/result.hpp"

struct sockaddr;
struct sockaddr_storage;

namespace pbx::net {

/// An IPv4 or IPv6 address and a port; a value of 24 bytes. IPv4 in IPv6 (`::ffff:192.0.2.1`) is
/// the IPv4 address, so that one peer has one Address however the socket saw it.
class Address {
 public:
  enum class Family : std::uint8_t { None, V4, V6 };

  Address() = default;
  static Address v4(std::array<std::uint8_t, 4> ip, std::uint16_t port);
  static Address v6(const std::array<std::uint8_t, 16>& ip, std::uint16_t port,
                    std::uint32_t scope = 0);

  /// `192.0.2.1:5060` or `[2001:db8::1]:5060`, nothing else: no names, no missing port.
  /// Errc::InvalidArgument.
  static Result<Address> parse(std::string_view text);
  /// `192.0.2.1`, `2001:db8::1` or, as in a SIP URI, `[2001:db8::1]`.
  static Result<Address> parse_ip(std::string_view ip, std::uint16_t port);

  Family family() const { return family_; }
  bool is_v4() const { return family_ == Family::V4; }
  bool is_v6() const { return family_ == Family::V6; }
  explicit operator bool() const { return family_ != Family::None; }
  std::uint16_t port() const { return port_; }
  /// The same host, another port.
  Address with_port(std::uint16_t port) const;
  /// Four or sixteen bytes in network order.
  std::string_view ip_bytes() const;

  bool is_unspecified() const;  ///< 0.0.0.0 or ::
  bool is_loopback() const;
  bool is_multicast() const;
  /// RFC 1918, RFC 6598 (carrier NAT), link local, unique local: not reachable from the Internet.
  bool is_private() const;

  std::string to_string() const;  ///< 192.0.2.1:5060, [2001:db8::1]:5060
  std::string ip() const;         ///< 192.0.2.1, 2001:db8::1
  std::string uri_host() const;   ///< 192.0.2.1, [2001:db8::1]

  /// Fills `out` and gives the length to pass with it.
  unsigned to_sockaddr(sockaddr_storage& out) const;
  /// Family::None when it is neither IPv4 nor IPv6.
  static Address from_sockaddr(const sockaddr& from);

  std::size_t hash() const noexcept;
  friend bool operator==(const Address&, const Address&) = default;
  friend auto operator<=>(const Address&, const Address&) = default;

 private:
  std::array<std::uint8_t, 16> ip_{};
  std::uint32_t scope_ = 0;
  std::uint16_t port_ = 0;
  Family family_ = Family::None;
};

struct HostPort {
  std::string host;  ///< Without brackets.
  std::uint16_t port = 0;

  friend bool operator==(const HostPort&, const HostPort&) = default;
};

/// `redis.example.net:6379`, `[::1]:6379`: a name or an address, and a port above 0.
Result<HostPort> parse_host_port(std::string_view text);

}  // namespace pbx::net

template <>
struct std::hash<pbx::net::Address> {
  std::size_t operator()(const pbx::net::Address& address) const noexcept { return address.hash(); }
};
