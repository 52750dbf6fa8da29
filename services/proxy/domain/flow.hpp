#pragma once

#include <cstdint>
#include <string>

#include "proxy/domain/endpoint.hpp"
#include "sip/transport.hpp"

namespace pbx::proxy {

/// A connection of the stream transport, unique in this process; 0 is none.
using ConnectionId = std::uint64_t;

/// Where bytes came from or go to: one of our listeners, the peer's address and, on a stream, the
/// connection.
struct Flow {
  sip::Transport transport = sip::Transport::Udp;
  std::uint8_t listener = 0;  ///< Index in Addresses.
  Endpoint remote;
  ConnectionId connection = 0;  ///< 0 on a stream: one to `remote`, made if there is none.

  bool known_only = false;  ///< On a stream: over one that there is, or not at all.

  bool reliable() const { return sip::is_reliable(transport); }
  friend bool operator==(const Flow&, const Flow&) = default;
};

/// The far end, "192.0.2.1:5060;udp": as bindings and prints of requests name it.
std::string to_text(const Flow& flow);

}  // namespace pbx::proxy
