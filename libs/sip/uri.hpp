#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/transport.hpp"

namespace pbx::sip {

enum class Scheme : std::uint8_t {
  Other,  ///< Any other absolute URI: only scheme_text and text are set.
  Sip,
  Sips,
  Tel,
};

/// A SIP, SIPS or tel URI as views of the text it was parsed from, still escaped.
struct Uri {
  Scheme scheme = Scheme::Other;
  std::uint16_t port = 0;        ///< 0 when the URI names none.
  std::string_view text;         ///< The whole URI.
  std::string_view scheme_text;  ///< "sip"
  std::string_view user;         ///< With user parameters, without password; a tel URI's number.
  std::string_view password;
  std::string_view host;     ///< As written; an IPv6 reference keeps its brackets.
  std::string_view params;   ///< ";transport=tcp;lr" or empty
  std::string_view headers;  ///< What follows the "?", or empty.

  bool has_user() const { return !user.empty(); }
  bool is_sip() const { return scheme == Scheme::Sip || scheme == Scheme::Sips; }
  /// `host` without the brackets of an IPv6 reference.
  std::string_view bare_host() const;
  bool host_is_ipv6() const { return host.starts_with('['); }
  bool host_is_ipv4() const;
  bool host_is_address() const { return host_is_ipv6() || host_is_ipv4(); }

  /// The value of a parameter (case-insensitive name): empty for one without value, nullopt when
  /// it is not there.
  std::optional<std::string_view> param(std::string_view name) const;
  bool has_param(std::string_view name) const { return param(name).has_value(); }
  std::optional<std::string_view> header(std::string_view name) const;
  bool is_loose_route() const { return has_param("lr"); }

  /// The transport parameter, or Tls for sips, or nothing.
  std::optional<Transport> transport() const;
  /// The port, or the default of the transport (UDP when none is named).
  std::uint16_t port_or_default() const;
};

/// Parses a URI as it stands in a Request-URI or between `<` and `>`. White space, controls and
/// bytes above 126 are refused. Errors: BadUri, BadHost, BadPort, BadEscape.
Result<Uri> parse_uri(std::string_view text);

/// Parses "host", "host:port" or "[v6]:port"; white space around the colon is allowed when
/// `lenient` (as Via has it). Errors: BadHost, BadPort.
struct HostPort {
  std::string_view host;  ///< IPv6 keeps its brackets.
  std::uint16_t port = 0;
};
Result<HostPort> parse_host_port(std::string_view text, bool lenient = false);

/// RFC 3261 §19.1.4. Not transitive and not a hash key, by the RFC's own rules. tel URIs compare by
/// RFC 3966 §4 (visual separators ignored); others byte by byte, scheme apart.
bool equivalent(const Uri& a, const Uri& b);

/// "user@host": scheme, password, port, parameters and headers left out, user unescaped, host in
/// lower case. "host" alone for a URI without user; the number for a tel URI; any other URI as it
/// is. What may not stand in a user part (controls, '@', ':', bytes above 126) stays escaped, so
/// that two different users never meet and the result is printable.
void append_aor(std::string& out, const Uri& uri);
std::string aor(const Uri& uri);

/// Replaces %HH by its byte. Text that is not well escaped is copied as it is.
void append_unescaped(std::string& out, std::string_view text);
/// Escapes what may not stand in the user part of a SIP URI.
void append_escaped_user(std::string& out, std::string_view text);
/// Escapes what may not stand in a URI parameter or URI header value.
void append_escaped_param(std::string& out, std::string_view text);

}  // namespace pbx::sip
