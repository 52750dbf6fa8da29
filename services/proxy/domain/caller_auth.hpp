#pragma once

#include <optional>
#include <string>

#include "core/secret.hpp"
#include "directory/directory.hpp"
#include "proxy/domain/node.hpp"
#include "sip/message.hpp"
#include "sip/nonce.hpp"

namespace pbx::proxy {

/// Who makes a request, or why we do not believe it.
struct CallerCheck {
  std::optional<Refusal> refusal;  ///< nullopt: `login` is who it says.
  directory::Login login;
  sip::HeaderField credentials;  ///< Where they stood; not passed on.
};

/// Digest authentication of those who call through us (RFC 3261 §22.3). The realm is the domain of
/// From, known or not: a wrong password, an unknown user and an unknown domain are answered alike.
/// One object a worker.
class CallerAuth {
 public:
  CallerAuth(const directory::Directory& directory, const Clock& clock, const Secret& cluster_key,
             std::chrono::milliseconds nonce_lifetime);

  CallerCheck check(const sip::Message& request);

  /// nullopt: the REGISTER's nonce is one of ours for its realm and young enough, so it is worth a
  /// transaction and a registrar's time. Else why it is challenged. StaleNonce: the digest is
  /// right, so the phone need not ask its user again (RFC 7616 §3.3).
  std::optional<Refusal> check_nonce(const sip::Message& request);

  /// Header lines of a challenge for the realm that From (or, for a REGISTER, To) names; empty when
  /// that is no host name a realm could be made of.
  std::string challenge(const sip::Message& request, bool stale);

 private:
  const directory::Directory& directory_;
  const Clock& clock_;
  const std::chrono::milliseconds nonce_lifetime_;
  sip::Nonces nonces_;
  sip::NonceCounter used_;
};

/// The header field with credentials for us, if there is one: it is not passed on.
std::optional<sip::HeaderField> own_credentials(const sip::Message& request);

/// The realm of a request: the host of From, of a REGISTER that of To, in lower case.
std::string realm_of(const sip::Message& request);

}  // namespace pbx::proxy
