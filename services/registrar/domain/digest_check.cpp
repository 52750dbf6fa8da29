#include "registrar/domain/digest_check.hpp"

#include <array>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "sip/auth.hpp"
#include "sip/digest.hpp"
#include "sip/errc.hpp"
#include "sip/quirks.hpp"

namespace pbx::registrar {
namespace {

std::string random_hex(std::size_t bytes) {
  std::string random(bytes, '\0');
  fill_random({reinterpret_cast<std::uint8_t*>(random.data()), random.size()});
  return to_hex(random);
}

/// Empty when the login has none for that algorithm.
std::string_view ha1_of(const directory::Login& login, sip::DigestAlgorithm algorithm) {
  return algorithm == sip::DigestAlgorithm::Md5 ? login.ha1_md5.view() : login.ha1_sha256.view();
}

}  // namespace

DigestCheck::DigestCheck(const directory::Directory& directory, const Secret& cluster_key,
                         ReplayGuard& replays, const Settings& settings)
    : directory_{directory},
      replays_{replays},
      settings_{settings},
      nonces_{cluster_key},
      nobodys_md5_{random_hex(16)},
      nobodys_sha256_{random_hex(32)} {}

Result<directory::Login> DigestCheck::check(const sip::Message& request, std::string_view realm,
                                            Clock::Wall now) {
  const auto found = sip::find_credentials(request, sip::HeaderId::Authorization, realm);
  if (!found) return Refusal::NoCredentials;
  const auto& credentials = found->credentials;

  const bool domain_known = directory_.domain(realm) != nullptr;
  auto login = directory_.login(realm, credentials.username);
  const bool md5 = credentials.algorithm == sip::DigestAlgorithm::Md5;
  std::string_view ha1 = md5 ? nobodys_md5_ : nobodys_sha256_;
  const bool known = login && !ha1_of(*login, credentials.algorithm).empty();
  if (known) ha1 = ha1_of(*login, credentials.algorithm);

  const auto digest = sip::check_digest(credentials, request.method_text(), ha1);
  if (digest.error() == sip::Errc::UnsupportedQop) return Refusal::UnsupportedQop;
  if (!domain_known) return Refusal::UnknownDomain;
  if (!known) return Refusal::UnknownUser;
  if (!digest) return Refusal::BadPassword;
  PBX_CHECK_OK(check_nonce(credentials, realm, now));
  return *std::move(login);
}

/// Only asked once the digest is right: stale=true tells a phone that its password is (RFC 7616
/// §3.3). So a nonce that is not ours at all is stale too: the key may have changed.
Result<> DigestCheck::check_nonce(const sip::Credentials& credentials, std::string_view realm,
                                  Clock::Wall now) {
  const auto nonce = nonces_.check(credentials.nonce, realm, now, settings_.nonce_lifetime);
  if (nonce.state != sip::NonceState::Ok) return Refusal::StaleNonce;
  const auto count =
      replays_.use(credentials.nonce, credentials.nc, nonce.made, now, settings_.nonce_lifetime);
  if (count != sip::NonceState::Ok) return Refusal::ReplayedNonce;
  return {};
}

void DigestCheck::append_challenge(std::string& out, const sip::Message& request,
                                   std::string_view realm, bool stale, Clock::Wall now) {
  const auto nonce = nonces_.make(realm, now);
  sip::append_challenge(out, sip::HeaderId::WwwAuthenticate,
                        {.realm = realm,
                         .nonce = nonce,
                         .stale = stale,
                         .sha256 = !sip::stumbles_over_sha256(request)});
}

}  // namespace pbx::registrar
