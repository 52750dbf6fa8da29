#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/auth.hpp"

namespace pbx::sip {

/// H(username ":" realm ":" password) in lower-case hexadecimal: what is kept instead of a
/// password.
std::string make_ha1(DigestAlgorithm algorithm, std::string_view username, std::string_view realm,
                     std::string_view password);

struct DigestRules {
  bool allow_without_qop = false;  ///< RFC 2069 clients: no nc, so a replay goes unseen.
};

/// Checks `credentials.response` for a request of `method`. `ha1` is that of
/// credentials.algorithm. Errors: WrongResponse, UnsupportedQop (auth-int, or none when not
/// allowed). Realm, nonce and user are the caller's to check first.
Result<> check_digest(const Credentials& credentials, std::string_view method, std::string_view ha1,
                      DigestRules rules = {});

/// The digest's uri means the Request-URI (RFC 7616 §3.4.6, RFC 3261 §22.4): the same user, host
/// and port; scheme and parameters may differ, as they do in honest phones. Else it was made for
/// another request.
bool is_digest_for(const Credentials& credentials, std::string_view request_uri);

/// The response value of RFC 7616 §3.4.1 (qop=auth), or of RFC 2069 when `qop` is empty.
/// Lower-case hexadecimal; for clients and tests.
std::string digest_response(const Credentials& credentials, std::string_view method,
                            std::string_view ha1);

/// What a client answers a challenge with.
struct ClientDigest {
  std::string_view username;
  std::string_view ha1;
  std::string_view uri;  ///< The Request-URI.
  std::string_view cnonce;
  std::uint32_t nc = 1;
};
/// Appends the value (no header name) of an Authorization header field.
void append_credentials(std::string& out, const ReceivedChallenge& challenge,
                        const ClientDigest& client, std::string_view method);

}  // namespace pbx::sip
