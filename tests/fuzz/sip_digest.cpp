// Credentials from the wire against digest and nonce checks: nothing that was not made here passes.
#include <chrono>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sip/digest.hpp"
#include "sip/nonce.hpp"

namespace {

using namespace pbx;

void require(bool truth) {
  if (!truth) std::abort();
}

constexpr Clock::Wall kNow{std::chrono::milliseconds{1'700'000'000'000}};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static sip::Nonces nonces{KeyRing{Secret{"a key that no input knows"}}};
  static sip::NonceCounter counter{64};
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto lifetime = std::chrono::seconds{60};
  require(nonces.check(text, "realm", "REGISTER", kNow, lifetime).state == sip::NonceState::Bad);

  const auto credentials = sip::parse_credentials(text);
  if (credentials) {
    const auto ha1 = sip::make_ha1(credentials->algorithm, credentials->username,
                                   credentials->realm, "a password that no input knows");
    require(!sip::check_digest(*credentials, "REGISTER", ha1, {.allow_without_qop = true}));
    auto right = *credentials;
    const auto response = sip::digest_response(right, "REGISTER", ha1);
    right.response = response;
    const bool known = right.qop.empty() || right.qop == "auth";
    if (known)
      require(bool{sip::check_digest(right, "REGISTER", ha1, {.allow_without_qop = true})});
    (void)nonces.check(credentials->nonce, credentials->realm, "REGISTER", kNow, lifetime);
    const auto made = kNow + std::chrono::milliseconds{credentials->nc % 1000};
    sip::NonceCount count{credentials->nonce, credentials->nc, made, 1};
    if (counter.use(count, kNow, lifetime) == sip::NonceState::Ok) {
      count.by = 2;
      require(counter.use(count, kNow, lifetime) == sip::NonceState::Stale);
    }
    require(sip::is_digest_for(*credentials, credentials->uri));
    (void)sip::is_digest_for(*credentials, text);
    require(counter.size() <= 64);
  }

  if (const auto challenge = sip::parse_challenge(text)) {
    std::string answer;
    sip::append_credentials(answer, *challenge,
                            {.username = "u", .ha1 = "h", .uri = "sip:h", .cnonce = "c", .nc = 7},
                            "REGISTER");
    const auto back = sip::parse_credentials(answer);
    require(bool{back});
    require(bool{sip::check_digest(*back, "REGISTER", "h", {.allow_without_qop = true})});
  }
  return 0;
}
