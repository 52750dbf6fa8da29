#include "sip/nonce.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "core/bytes.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::NonceState;

namespace {

const Secret kKey{"0123456789abcdef0123456789abcdef"};
constexpr Clock::Wall kNow{1'700'000'000'123ms};

}  // namespace

TEST_CASE("A nonce is accepted by every node with the key until it is old", "[sip][nonce]") {
  sip::Nonces here{kKey};
  sip::Nonces there{kKey};
  const auto nonce = here.make("hq.example", kNow);
  CHECK(nonce.size() == 32);
  const auto checked = there.check(nonce, "hq.example", kNow + 30s, 30s);
  CHECK(checked.state == NonceState::Ok);
  CHECK(checked.made == kNow);
  CHECK(there.check(nonce, "hq.example", kNow + 30s + 1ms, 30s).state == NonceState::Stale);
  CHECK(there.check(nonce, "lab.example", kNow, 30s).state == NonceState::Bad);
}

TEST_CASE("Nonces differ though made at the same time", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(nonces.make("r", kNow));
  CHECK(seen.size() == 1000);
}

TEST_CASE("A changed nonce is bad wherever it was changed", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  const auto nonce = nonces.make("r", kNow);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    auto changed = nonce;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK(nonces.check(changed, "r", kNow, 30s).state == NonceState::Bad);
  }
  for (const auto& text :
       {std::string{}, nonce + "A", nonce.substr(1), std::string(32, '!'), std::string(32, '\0')}) {
    CHECK(nonces.check(text, "r", kNow, 30s).state == NonceState::Bad);
  }
}

TEST_CASE("A nonce of another key is bad, of the previous key good", "[sip][nonce]") {
  const Secret next{"another key of enough bytes....."};
  sip::Nonces old{kKey};
  sip::Nonces rotated{next, kKey};
  sip::Nonces foreign{next};
  const auto nonce = old.make("r", kNow);
  CHECK(rotated.check(nonce, "r", kNow, 30s).state == NonceState::Ok);
  CHECK(foreign.check(nonce, "r", kNow, 30s).state == NonceState::Bad);
  CHECK(foreign.check(rotated.make("r", kNow), "r", kNow, 30s).state == NonceState::Ok);
}

TEST_CASE("Clocks may differ by seconds, not more", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  CHECK(nonces.check(nonces.make("r", kNow + 5s), "r", kNow, 30s).state == NonceState::Ok);
  CHECK(nonces.check(nonces.make("r", kNow + 6s), "r", kNow, 30s).state == NonceState::Bad);
}

TEST_CASE("The check code is HMAC-SHA-256", "[sip][nonce]") {
  const auto key = GENERATE(std::string(5, 'k'), std::string(64, 'k'), std::string(131, 'k'));
  sip::Nonces nonces{Secret{key}};
  const auto bytes = *from_base64url(nonces.make("realm", kNow));
  REQUIRE(bytes.size() == 24);
  CHECK(bytes.substr(12) == hmac_sha256(key, bytes.substr(0, 12) + "realm", 12));
}

TEST_CASE("A nonce count only goes up", "[sip][nonce]") {
  sip::NonceCounter counter{10};
  CHECK(counter.use("a", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("a", 1, kNow) == NonceState::Stale);
  CHECK(counter.use("a", 3, kNow) == NonceState::Ok);
  CHECK(counter.use("a", 2, kNow) == NonceState::Stale);
  CHECK(counter.use("b", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("b", 0, kNow) == NonceState::Stale);
  CHECK(counter.size() == 2);
}

TEST_CASE("A full counter never lets a replay pass", "[sip][nonce]") {
  sip::NonceCounter counter{3};
  CHECK(counter.use("1", 1, kNow + 1ms) == NonceState::Ok);
  CHECK(counter.use("2", 1, kNow + 2ms) == NonceState::Ok);
  CHECK(counter.use("3", 1, kNow + 3ms) == NonceState::Ok);
  CHECK(counter.use("4", 1, kNow + 4ms) == NonceState::Ok);
  CHECK(counter.size() == 3);
  CHECK(counter.use("1", 1, kNow + 1ms) == NonceState::Stale);
  CHECK(counter.use("1", 2, kNow + 1ms) == NonceState::Stale);
  CHECK(counter.use("0", 1, kNow) == NonceState::Stale);  // not younger than what was forgotten
  CHECK(counter.use("4", 2, kNow + 4ms) == NonceState::Ok);
}

TEST_CASE("Old nonces are forgotten and refused", "[sip][nonce]") {
  sip::NonceCounter counter{100};
  CHECK(counter.use("1", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("2", 1, kNow + 10s) == NonceState::Ok);
  counter.forget_before(kNow + 10s);
  CHECK(counter.size() == 1);
  CHECK(counter.use("1", 2, kNow) == NonceState::Stale);
  CHECK(counter.use("2", 2, kNow + 10s) == NonceState::Ok);
  CHECK(counter.use("3", 1, kNow + 10s) == NonceState::Ok);
}
