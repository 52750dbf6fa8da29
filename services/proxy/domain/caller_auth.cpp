#include "proxy/domain/caller_auth.hpp"

#include <algorithm>
#include <utility>

#include "sip/auth.hpp"
#include "sip/digest.hpp"
#include "sip/quirks.hpp"
#include "sip/text.hpp"
#include "sip/uri.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kLongestRealm = 255;

/// Compared against when there is no such user, so that the answer takes as long.
constexpr std::string_view kNobody = "00000000000000000000000000000000";

Result<> check(const sip::Credentials& credentials, std::string_view method,
               const std::optional<directory::Login>& login) {
  const bool sha256 = credentials.algorithm == sip::DigestAlgorithm::Sha256;
  std::string_view ha1 = kNobody;
  if (login) ha1 = sha256 ? login->ha1_sha256.view() : login->ha1_md5.view();
  return sip::check_digest(credentials, method, ha1.empty() ? kNobody : ha1,
                           {.allow_without_qop = false});
}

bool is_own_identity(const sip::Message& request, const directory::Login& login) {
  const auto from = request.from();
  if (!from) return false;
  const auto uri = from->uri();
  if (!uri || !uri->is_sip()) return false;
  return sip::aor(*uri) == login.extension + "@" + login.domain;
}

}  // namespace

std::string realm_of(const sip::Message& request) {
  const bool registers = request.method() == sip::Method::Register;
  const auto address = registers ? request.to() : request.from();
  if (!address) return {};
  const auto uri = address->uri();
  if (!uri || !uri->is_sip() || uri->host.size() > kLongestRealm) return {};
  std::string realm{uri->host};
  std::transform(realm.begin(), realm.end(), realm.begin(), sip::lower);
  return realm;
}

CallerAuth::CallerAuth(const Parts& parts)
    : directory_{parts.directory},
      clock_{parts.clock},
      nonce_lifetime_{parts.nonce_lifetime},
      replays_{parts.replays},
      uses_{parts.uses},
      nonces_{parts.keys},
      print_{parts.keys} {}

CallerCheck CallerAuth::check(const sip::Message& request, const Flow& source) {
  const std::string realm = realm_of(request);
  const auto found = sip::find_credentials(request, sip::HeaderId::ProxyAuthorization, realm);
  CallerCheck result;
  if (!found) {
    result.refusal = Refusal::NoCredentials;
    return result;
  }
  const auto& credentials = found->credentials;
  std::string scratch;
  const auto login = directory_.login(realm, sip::unquote(credentials.username, scratch));
  const bool right = static_cast<bool>(proxy::check(credentials, request.method_text(), login));
  if (!login || !right) {
    result.refusal = login ? Refusal::WrongPassword : Refusal::UnknownUser;
  } else {
    result.login = *login;
    result.refusal = use_nonce(credentials, request, source, result.use);
  }
  // Said to known and unknown users alike, so it tells nothing.
  if (!sip::is_digest_for(credentials, request.request_uri_text())) {
    result.refusal = Refusal::UriMismatch;
  }
  if (result.refusal) return result;
  if (!is_own_identity(request, *login)) {
    result.refusal = Refusal::NotOwnIdentity;
  } else if (login->suspended) {
    result.refusal = Refusal::CallerSuspended;
  }
  return result;
}

std::optional<Refusal> CallerAuth::use_nonce(const sip::Credentials& credentials,
                                             const sip::Message& request, const Flow& source,
                                             sip::NonceUse& use) {
  const auto now = clock_.now();
  const auto nonce = nonces_.check(credentials.nonce, credentials.realm, request.method_text(), now,
                                   nonce_lifetime_);
  if (nonce.state != sip::NonceState::Ok) return Refusal::StaleNonce;
  const sip::NonceCount count{credentials.nonce, credentials.nc, nonce.made,
                              print_(request, to_text(source))};
  if (replays_.use(count, now, nonce_lifetime_) != sip::NonceState::Ok) {
    return Refusal::ReplayedNonce;
  }
  use = sip::nonce_use(count, now, nonce_lifetime_);
  return std::nullopt;
}

void CallerAuth::use_up(const CallerCheck& caller) {
  if (!caller.use.count.empty()) confirm(caller, [](sip::NonceUsed) {});
}

void CallerAuth::confirm(const CallerCheck& caller, NonceUses::Done done) {
  const auto& login = caller.login;
  uses_.use(login.tenant, login.extension + "@" + login.domain, caller.use, std::move(done));
}

std::optional<Refusal> CallerAuth::check_nonce(const sip::Message& request) {
  const std::string realm = realm_of(request);
  const auto found = sip::find_credentials(request, sip::HeaderId::Authorization, realm);
  if (!found) return Refusal::NoCredentials;
  const auto& credentials = found->credentials;
  const auto nonce =
      nonces_.check(credentials.nonce, realm, request.method_text(), clock_.now(), nonce_lifetime_);
  if (nonce.state == sip::NonceState::Ok) return std::nullopt;
  std::string scratch;
  const auto login = directory_.login(realm, sip::unquote(credentials.username, scratch));
  const bool right = static_cast<bool>(proxy::check(credentials, request.method_text(), login));
  return login && right ? Refusal::StaleNonce : Refusal::NoCredentials;
}

std::string CallerAuth::challenge(const sip::Message& request, bool stale) {
  std::string lines;
  const std::string realm = realm_of(request);
  if (realm.empty()) return lines;
  const auto nonce = nonces_.make(realm, request.method_text(), clock_.now());
  const bool registers = request.method() == sip::Method::Register;
  sip::append_challenge(
      lines, registers ? sip::HeaderId::WwwAuthenticate : sip::HeaderId::ProxyAuthenticate,
      {.realm = realm,
       .nonce = nonce,
       .stale = stale,
       .sha256 = !sip::stumbles_over_sha256(request)});
  return lines;
}

}  // namespace pbx::proxy
