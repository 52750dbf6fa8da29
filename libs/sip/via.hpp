#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/params.hpp"
#include "sip/transport.hpp"

namespace pbx::sip {

inline constexpr std::string_view kMagicCookie = "z9hG4bK";

/// One Via value, RFC 3261 §20.42 and RFC 3581.
struct Via {
  std::string_view text;            ///< The whole value.
  std::string_view transport_text;  ///< "UDP"
  std::string_view host;            ///< sent-by host; IPv6 keeps its brackets.
  std::string_view branch;
  std::string_view received;
  std::string_view maddr;
  Params params;
  std::uint16_t port = 0;   ///< sent-by port, 0 when none is named.
  std::uint16_t rport = 0;  ///< Value of rport; 0 without one.
  Transport transport = Transport::Other;
  bool has_rport = false;  ///< The sender asks for RFC 3581.
  bool sip_2_0 = false;    ///< Says SIP/2.0; anything else is for validate_request() to refuse.

  /// Made by an RFC 3261 element: the magic cookie and something after it.
  bool has_magic_cookie() const {
    return branch.size() > kMagicCookie.size() && branch.starts_with(kMagicCookie);
  }
  std::uint16_t port_or_default() const { return port != 0 ? port : default_port(transport); }
};

/// Parses one value (no comma list). Errors: BadVia, BadHost, BadPort, BadNumber,
/// BadParameter.
Result<Via> parse_via(std::string_view text);

/// Where a request really came from: what the receiver notes in the top Via.
struct Source {
  std::string_view address;  ///< "192.0.2.1" or "2001:db8::1", no brackets.
  std::uint16_t port = 0;
};

/// RFC 3261 §18.2.1 and RFC 3581 §4: appends `top` with `received` and `rport` as the source asks:
/// received when the sent-by host differs or rport was asked for; rport's value when it was asked
/// for. Values of both that the sender wrote itself are dropped.
void append_received_via(std::string& out, const Via& top, Source source);
/// Only the parameters that append_received_via() adds at the end.
void append_received_params(std::string& out, const Via& top, Source source);

/// What append_received_via() makes of `top`, as a value.
Via with_received(Via top, Source source);

/// Where a response goes that carries `top` (RFC 3261 §18.2.2, RFC 3581): for UDP maddr, else
/// received and rport, else sent-by. Host without brackets.
struct ResponseTarget {
  std::string_view host;
  std::uint16_t port = 0;
  Transport transport = Transport::Other;
};
ResponseTarget response_target(const Via& top);

/// False for an IPv4 broadcast or multicast address and IPv6 multicast: where a response must not
/// be sent although a Via says so. Host names are true.
bool is_unicast(std::string_view host) noexcept;

}  // namespace pbx::sip
