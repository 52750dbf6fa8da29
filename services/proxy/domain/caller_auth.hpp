#pragma once

#include <optional>
#include <string>

#include "directory/directory.hpp"
#include "proxy/domain/flow.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/nonce_uses.hpp"
#include "sip/message.hpp"
#include "sip/nonce.hpp"
#include "sip/replay_guard.hpp"

namespace pbx::proxy {

/// Who makes a request, or why we do not believe it.
struct CallerCheck {
  std::optional<Refusal> refusal;  ///< nullopt: `login` is who it says.
  directory::Login login;
  sip::NonceUse use;  ///< Of a right password, whatever the refusal; else its name is empty.
};

/// Digest authentication of those who call through us (RFC 3261 §22.3). The realm is the domain of
/// From, known or not: a wrong password, an unknown user and an unknown domain are answered alike.
/// A nonce is good for one method, and each of its counts for one request: check() asks what this
/// process knows of it, confirm() what the cluster knows. One object a worker.
class CallerAuth {
 public:
  struct Parts {
    const directory::Directory& directory;
    const Clock& clock;
    const KeyRing& keys;
    sip::ReplayGuard& replays;  ///< The process'.
    NonceUses& uses;            ///< The cluster's.
    std::chrono::milliseconds nonce_lifetime;
  };

  explicit CallerAuth(const Parts& parts);

  CallerCheck check(const sip::Message& request, const Flow& source);
  /// Notes in the cluster that `caller`'s count is used; to be sent beside what has to be asked
  /// anyway.
  void confirm(const CallerCheck& caller, NonceUses::Done done);
  /// The same for what is refused, whatever the reason: nobody is to send elsewhere, later or in
  /// another form, what was refused here. Nothing where the digest was not right.
  void use_up(const CallerCheck& caller);

  /// nullopt: the REGISTER's nonce is one of ours for its realm and young enough, so it is worth a
  /// transaction and a registrar's time. Else why it is challenged. StaleNonce: the digest is
  /// right, so the phone need not ask its user again (RFC 7616 §3.3).
  std::optional<Refusal> check_nonce(const sip::Message& request);

  /// Header lines of a challenge for the realm that From (or, for a REGISTER, To) names; empty when
  /// that is no host name a realm could be made of.
  std::string challenge(const sip::Message& request, bool stale);

 private:
  std::optional<Refusal> use_nonce(const sip::Credentials& credentials, const sip::Message& request,
                                   const Flow& source, sip::NonceUse& use);

  const directory::Directory& directory_;
  const Clock& clock_;
  const std::chrono::milliseconds nonce_lifetime_;
  sip::ReplayGuard& replays_;
  NonceUses& uses_;
  sip::Nonces nonces_;
  const sip::RequestPrint print_;
};

/// The realm of a request: the host of From, of a REGISTER that of To, in lower case.
std::string realm_of(const sip::Message& request);

}  // namespace pbx::proxy
