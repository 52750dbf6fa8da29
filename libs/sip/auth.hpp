#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/header_id.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

enum class DigestAlgorithm : std::uint8_t { Md5, Sha256 };

/// Digest credentials of an Authorization or Proxy-Authorization header field (RFC 7616, RFC 8760).
/// Values are views without quotes but with backslashes as sent, just as the digest counts them.
struct Credentials {
  std::string_view username;
  std::string_view realm;
  std::string_view nonce;
  std::string_view uri;
  std::string_view response;
  std::string_view cnonce;
  std::string_view opaque;
  std::string_view qop;      ///< Empty: RFC 2069.
  std::string_view nc_text;  ///< Eight hexadecimal digits as sent.
  std::uint32_t nc = 0;
  DigestAlgorithm algorithm = DigestAlgorithm::Md5;  ///< MD5 when not said.
  bool userhash = false;
};

/// Errors: UnsupportedAuthScheme (not Digest), UnsupportedAlgorithm (-sess and others),
/// BadCredentials (a mandatory part is missing, is there twice or malformed).
Result<Credentials> parse_credentials(std::string_view value);

/// Credentials found in a message and the header field they came in, so that a proxy can remove it.
struct FoundCredentials {
  Credentials credentials;
  HeaderField field;
};
/// The first well-formed Digest credentials for `realm` (compared byte by byte) in the fields `id`
/// (Authorization or ProxyAuthorization). nullopt: there are none, challenge.
std::optional<FoundCredentials> find_credentials(const Message& request, HeaderId id,
                                                 std::string_view realm);

/// What a challenge says. MD5 is offered first and SHA-256 second, each in a header field of its
/// own: RFC 8760 lets the client take the first that it knows, and old clients look at one only.
struct Challenge {
  std::string_view realm;
  std::string_view nonce;
  std::string_view opaque = {};
  bool stale = false;
  bool md5 = true;
  bool sha256 = true;
};
/// Appends complete header field lines; `id` is WwwAuthenticate or ProxyAuthenticate.
void append_challenge(std::string& out, HeaderId id, const Challenge& challenge);

/// A challenge as a client reads it.
struct ReceivedChallenge {
  std::string_view realm;
  std::string_view nonce;
  std::string_view opaque;
  DigestAlgorithm algorithm = DigestAlgorithm::Md5;
  bool stale = false;
  bool qop_auth = false;  ///< qop names auth; false without qop (RFC 2069).
};
Result<ReceivedChallenge> parse_challenge(std::string_view value);

}  // namespace pbx::sip
