#pragma once

#include <optional>
#include <system_error>

#include "net/address.hpp"

namespace pbx::net {

/// What became of a packet that was sent.
struct UdpFailure {
  Address peer;
  std::error_code why;
  bool local = false;  ///< The kernel's own word, which the failed send() gave as well; else ICMP.
};

/// Asks the kernel to keep such errors with the peer that they are about (IP_RECVERR).
void keep_udp_errors(int fd, const Address& local);

/// The next one; nullopt when there is none.
std::optional<UdpFailure> take_udp_error(int fd);

}  // namespace pbx::net
