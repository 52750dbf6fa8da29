#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "directory/directory.hpp"
#include "registrar/domain/refusal.hpp"
#include "registrar/domain/settings.hpp"
#include "sip/auth.hpp"
#include "sip/message.hpp"
#include "sip/nonce.hpp"
#include "sip/replay_guard.hpp"

namespace pbx::registrar {

/// Who sent a REGISTER, and the count of the nonce that proved it.
struct Proof {
  directory::Login login;
  sip::NonceUse use;  ///< Noted in this process; the cluster is told with what the request does.
};

/// Checks who sent a REGISTER. One instance a worker.
class DigestCheck {
 public:
  DigestCheck(const directory::Directory& directory, const KeyRing& keys, sip::ReplayGuard& replays,
              const Settings& settings);

  /// The login whose password made the request's digest. `realm`: the Request-URI's host in lower
  /// case, known as a domain or not. An unknown domain, an unknown user and a wrong password cost
  /// the same work and give errors that are answered alike. `from`: where the phone sends from,
  /// "192.0.2.1:5060;udp". `proof` is filled once the digest is right, whatever is refused then.
  /// Errors: UriMismatch and the 401 group of Refusal.
  Result<> check(const sip::Message& request, std::string_view realm, std::string_view from,
                 Clock::Wall now, Proof& proof);

  /// Who is to prove itself, and how.
  struct Asked {
    std::string realm;
    bool sha256 = true;  ///< The phone does not stumble over it.
  };
  static Asked asked_of(const sip::Message& request, std::string realm);
  /// Appends the header lines, each with its CRLF, that challenge a REGISTER.
  void append_challenge(std::string& out, const Asked& asked, bool stale, Clock::Wall now);

 private:
  Result<> prove(const sip::FoundCredentials& found, const sip::Message& request,
                 std::string_view realm, std::string_view from, Clock::Wall now, Proof& proof);
  Result<sip::NonceUse> use_nonce(const sip::FoundCredentials& found, const sip::Message& request,
                                  std::string_view from, Clock::Wall now);

  const directory::Directory& directory_;
  sip::ReplayGuard& replays_;
  const Settings& settings_;
  sip::Nonces nonces_;
  const sip::RequestPrint print_;
  const std::string nobodys_md5_;  ///< HA1 of no password: unknown users are checked against it.
  const std::string nobodys_sha256_;
};

}  // namespace pbx::registrar
