#include "registrar/domain/digest_check.hpp"

#include <array>
#include <utility>

#include "core/bytes.hpp"
#include "core/random.hpp"
#include "sip/auth.hpp"
#include "sip/digest.hpp"
#include "sip/errc.hpp"
#include "sip/quirks.hpp"

namespace pbx::registrar {
namespace {

constexpr std::string_view kMethod = "REGISTER";

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

DigestCheck::DigestCheck(const directory::Directory& directory, const KeyRing& keys,
                         sip::ReplayGuard& replays, const Settings& settings)
    : directory_{directory},
      replays_{replays},
      settings_{settings},
      nonces_{keys},
      print_{keys},
      nobodys_md5_{random_hex(16)},
      nobodys_sha256_{random_hex(32)} {}

Result<> DigestCheck::check(const sip::Message& request, std::string_view realm,
                            std::string_view from, Clock::Wall now, Proof& proof) {
  const auto found = sip::find_credentials(request, sip::HeaderId::Authorization, realm);
  if (!found) return Refusal::NoCredentials;
  const auto proven = prove(*found, request, realm, from, now, proof);
  // Said to known and unknown users alike, so it tells nothing.
  const bool for_this = sip::is_digest_for(found->credentials, request.request_uri_text());
  return for_this ? proven : Result<>{Refusal::UriMismatch};
}

Result<> DigestCheck::prove(const sip::FoundCredentials& found, const sip::Message& request,
                            std::string_view realm, std::string_view from, Clock::Wall now,
                            Proof& proof) {
  const auto& credentials = found.credentials;
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
  PBX_TRY(auto use, use_nonce(found, request, from, now));
  proof = {*std::move(login), std::move(use)};
  return {};
}

/// Only asked once the digest is right: stale=true tells a phone that its password is (RFC 7616
/// §3.3). So a nonce that is not ours at all is stale too: the key may have changed, or the phone
/// has it from a challenge of another method.
Result<sip::NonceUse> DigestCheck::use_nonce(const sip::FoundCredentials& found,
                                             const sip::Message& request, std::string_view from,
                                             Clock::Wall now) {
  const auto& credentials = found.credentials;
  const auto lifetime = settings_.nonce_lifetime;
  const auto nonce = nonces_.check(credentials.nonce, credentials.realm, kMethod, now, lifetime);
  if (nonce.state != sip::NonceState::Ok) return Refusal::StaleNonce;
  const sip::NonceCount count{credentials.nonce, credentials.nc, nonce.made, print_(request, from)};
  if (replays_.use(count, now, lifetime) != sip::NonceState::Ok) return Refusal::ReplayedNonce;
  return sip::nonce_use(count, now, lifetime);
}

DigestCheck::Asked DigestCheck::asked_of(const sip::Message& request, std::string realm) {
  return {std::move(realm), !sip::stumbles_over_sha256(request)};
}

void DigestCheck::append_challenge(std::string& out, const Asked& asked, bool stale,
                                   Clock::Wall now) {
  const auto nonce = nonces_.make(asked.realm, kMethod, now);
  sip::append_challenge(
      out, sip::HeaderId::WwwAuthenticate,
      {.realm = asked.realm, .nonce = nonce, .stale = stale, .sha256 = asked.sha256});
}

}  // namespace pbx::registrar
