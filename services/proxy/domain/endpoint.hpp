#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pbx::proxy {

/// An IP address with a port, as a value.
struct Endpoint {
  std::array<std::uint8_t, 16> ip{};  ///< IPv4 in the first four bytes.
  std::uint16_t port = 0;
  bool v6 = false;

  /// `host` is an address, IPv6 with or without brackets; nullopt for a name.
  static std::optional<Endpoint> from(std::string_view host, std::uint16_t port);
  /// "127.0.0.1:5060", "[::1]:5060".
  static std::optional<Endpoint> parse(std::string_view text);

  /// The address without port and without brackets: what Via's received says.
  void append_address(std::string& out) const;
  /// The address as it stands in a URI or sent-by: IPv6 in brackets.
  void append_host(std::string& out) const;
  std::string host() const;
  std::string to_string() const;

  friend bool operator==(const Endpoint&, const Endpoint&) = default;
};

}  // namespace pbx::proxy
