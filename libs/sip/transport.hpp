#pragma once

#include <cstdint>
#include <string_view>

namespace pbx::sip {

enum class Transport : std::uint8_t { Other, Udp, Tcp, Tls, Sctp, Ws, Wss };

/// Case-insensitive; Other for what is not known.
Transport transport_from(std::string_view text) noexcept;
/// "UDP", as in a Via.
std::string_view transport_name(Transport transport) noexcept;
/// "udp", as in a URI parameter.
std::string_view transport_param(Transport transport) noexcept;
constexpr bool is_reliable(Transport transport) { return transport != Transport::Udp; }
/// 5061 for TLS and WSS, else 5060.
constexpr std::uint16_t default_port(Transport transport) {
  return transport == Transport::Tls || transport == Transport::Wss ? 5061 : 5060;
}

}  // namespace pbx::sip
