#include "sip/transport.hpp"

#include <array>

#include "sip/text.hpp"

namespace pbx::sip {
namespace {

constexpr std::array<std::string_view, 7> kNames{"", "UDP", "TCP", "TLS", "SCTP", "WS", "WSS"};
constexpr std::array<std::string_view, 7> kParams{"", "udp", "tcp", "tls", "sctp", "ws", "wss"};

}  // namespace

Transport transport_from(std::string_view text) noexcept {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (iequals(text, kNames[i])) return static_cast<Transport>(i);
  }
  return Transport::Other;
}

std::string_view transport_name(Transport transport) noexcept {
  return kNames[static_cast<std::size_t>(transport)];
}

std::string_view transport_param(Transport transport) noexcept {
  return kParams[static_cast<std::size_t>(transport)];
}

}  // namespace pbx::sip
