#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"

namespace pbx::redis {

/// Where a server listens.
struct Address {
  std::string host;
  std::uint16_t port = 0;

  friend auto operator<=>(const Address&, const Address&) = default;
};

/// `host:port`, IPv6 in brackets.
std::string to_string(const Address& address);

/// `host`, `host:port`, `[IPv6]` or `[IPv6]:port`; InvalidArgument.
Result<Address> parse_address(std::string_view text, std::uint16_t default_port);

/// A host as a server names another one: 1 to 255 letters, digits and `.:-_%`.
bool is_host(std::string_view text);

}  // namespace pbx::redis
