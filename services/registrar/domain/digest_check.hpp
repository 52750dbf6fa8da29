#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "directory/directory.hpp"
#include "registrar/domain/refusal.hpp"
#include "registrar/domain/replay_guard.hpp"
#include "registrar/domain/settings.hpp"
#include "sip/auth.hpp"
#include "sip/message.hpp"
#include "sip/nonce.hpp"

namespace pbx::registrar {

/// Who sent a REGISTER. One instance a worker.
class DigestCheck {
 public:
  DigestCheck(const directory::Directory& directory, const Secret& cluster_key,
              ReplayGuard& replays, const Settings& settings);

  /// The login whose password made the request's digest. `realm`: the Request-URI's host in lower
  /// case, known as a domain or not. An unknown domain, an unknown user and a wrong password cost
  /// the same work and give errors that are answered alike. Errors: the 401 group of Refusal.
  Result<directory::Login> check(const sip::Message& request, std::string_view realm,
                                 Clock::Wall now);

  /// Appends the header lines, each with its CRLF, that challenge `request`.
  void append_challenge(std::string& out, const sip::Message& request, std::string_view realm,
                        bool stale, Clock::Wall now);

 private:
  Result<> check_nonce(const sip::Credentials& credentials, std::string_view realm,
                       Clock::Wall now);

  const directory::Directory& directory_;
  ReplayGuard& replays_;
  const Settings& settings_;
  sip::Nonces nonces_;
  const std::string nobodys_md5_;  ///< HA1 of no password: unknown users are checked against it.
  const std::string nobodys_sha256_;
};

}  // namespace pbx::registrar
