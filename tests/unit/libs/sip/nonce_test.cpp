#include "sip/nonce.hpp"

#include <catch2/catch.hpp>
#include <set>

#include "core/bytes.hpp"
#include "sip/replay_guard.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::NonceState;

namespace {

const KeyRing kKey{Secret{"0123456789abcdef0123456789abcdef"}};
constexpr Clock::Wall kNow{1'700'000'000'123ms};

}  // namespace

TEST_CASE("A nonce is accepted by every node with the key until it is old", "[sip][nonce]") {
  sip::Nonces here{kKey};
  sip::Nonces there{kKey};
  const auto nonce = here.make("hq.example", "INVITE", kNow);
  CHECK(nonce.size() == 32);
  const auto checked = there.check(nonce, "hq.example", "INVITE", kNow + 30s, 30s);
  CHECK(checked.state == NonceState::Ok);
  CHECK(checked.made == kNow);
  CHECK(there.check(nonce, "hq.example", "INVITE", kNow + 30s + 1ms, 30s).state ==
        NonceState::Stale);
  CHECK(there.check(nonce, "lab.example", "INVITE", kNow, 30s).state == NonceState::Bad);
}

TEST_CASE("Nonces differ though made at the same time", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) seen.insert(nonces.make("r", "INVITE", kNow));
  CHECK(seen.size() == 1000);
}

TEST_CASE("A changed nonce is bad wherever it was changed", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  const auto nonce = nonces.make("r", "INVITE", kNow);
  for (std::size_t i = 0; i < nonce.size(); ++i) {
    auto changed = nonce;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    CAPTURE(i);
    CHECK(nonces.check(changed, "r", "INVITE", kNow, 30s).state == NonceState::Bad);
  }
  for (const auto& text :
       {std::string{}, nonce + "A", nonce.substr(1), std::string(32, '!'), std::string(32, '\0')}) {
    CHECK(nonces.check(text, "r", "INVITE", kNow, 30s).state == NonceState::Bad);
  }
}

TEST_CASE("A nonce of another key is bad, of the previous key good", "[sip][nonce]") {
  const KeyRing next = *KeyRing::parse(Secret{"7:another key of enough bytes....."});
  const KeyRing both = *KeyRing::parse(
      Secret{"7:another key of enough bytes.....,0:0123456789abcdef0123456789abcdef"});
  sip::Nonces old{kKey};
  sip::Nonces rotated{both};
  sip::Nonces foreign{next};
  const auto nonce = old.make("r", "INVITE", kNow);
  CHECK(rotated.check(nonce, "r", "INVITE", kNow, 30s).state == NonceState::Ok);
  CHECK(foreign.check(nonce, "r", "INVITE", kNow, 30s).state == NonceState::Bad);
  CHECK(foreign.check(rotated.make("r", "INVITE", kNow), "r", "INVITE", kNow, 30s).state ==
        NonceState::Ok);
}

TEST_CASE("Clocks may differ by seconds, not more", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  CHECK(nonces.check(nonces.make("r", "INVITE", kNow + 5s), "r", "INVITE", kNow, 30s).state ==
        NonceState::Ok);
  CHECK(nonces.check(nonces.make("r", "INVITE", kNow + 6s), "r", "INVITE", kNow, 30s).state ==
        NonceState::Bad);
}

TEST_CASE("The check code is HMAC-SHA-256", "[sip][nonce]") {
  const auto key = GENERATE(std::string(5, 'k'), std::string(64, 'k'), std::string(131, 'k'));
  sip::Nonces nonces{KeyRing{Secret{key}}};
  const auto bytes = *from_base64url(nonces.make("realm", "INVITE", kNow));
  REQUIRE(bytes.size() == 24);
  CHECK(bytes.substr(12) == hmac_sha256(key, bytes.substr(0, 12) + "realm INVITE", 12));
}

TEST_CASE("A nonce is good for its method only", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  const auto nonce = nonces.make("r", "REGISTER", kNow);
  CHECK(nonces.check(nonce, "r", "REGISTER", kNow, 30s).state == NonceState::Ok);
  CHECK(nonces.check(nonce, "r", "INVITE", kNow, 30s).state == NonceState::Bad);
  CHECK(nonces.check(nonce, "r", "MESSAGE", kNow, 30s).state == NonceState::Bad);
}

namespace {

/// A counter whose nonces live for 300 s.
struct Counted {
  explicit Counted(std::size_t capacity) : counter{capacity} {}
  NonceState use(std::string_view nonce, std::uint32_t nc, Clock::Wall made, std::uint64_t by = 1) {
    return counter.use({nonce, nc, made, by}, now, 300s);
  }
  sip::NonceCounter counter;
  Clock::Wall now = kNow;
};

}  // namespace

TEST_CASE("A nonce count only goes up", "[sip][nonce]") {
  Counted counter{10};
  CHECK(counter.use("a", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("a", 1, kNow, 2) == NonceState::Stale);
  CHECK(counter.use("a", 3, kNow) == NonceState::Ok);
  CHECK(counter.use("a", 2, kNow) == NonceState::Stale);
  CHECK(counter.use("b", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("b", 0, kNow) == NonceState::Stale);
  CHECK(counter.counter.size() == 2);
}

TEST_CASE("The very same request may use a count again, another one may not", "[sip][nonce]") {
  Counted counter{10};
  CHECK(counter.use("a", 1, kNow, 7) == NonceState::Ok);
  CHECK(counter.use("a", 1, kNow, 7) == NonceState::Ok);
  CHECK(counter.use("a", 1, kNow, 8) == NonceState::Stale);
  CHECK(counter.use("a", 2, kNow, 8) == NonceState::Ok);
  CHECK(counter.use("a", 1, kNow, 7) == NonceState::Stale);
}

TEST_CASE("A full counter never lets a replay pass", "[sip][nonce]") {
  Counted counter{3};
  CHECK(counter.use("1", 1, kNow + 1ms) == NonceState::Ok);
  CHECK(counter.use("2", 1, kNow + 2ms) == NonceState::Ok);
  CHECK(counter.use("3", 1, kNow + 3ms) == NonceState::Ok);
  CHECK(counter.use("4", 1, kNow + 4ms) == NonceState::Ok);
  CHECK(counter.counter.size() == 3);
  CHECK(counter.use("1", 1, kNow + 1ms) == NonceState::Stale);
  CHECK(counter.use("1", 2, kNow + 1ms) == NonceState::Stale);
  CHECK(counter.use("0", 1, kNow) == NonceState::Stale);  // not younger than what was forgotten
  CHECK(counter.use("4", 2, kNow + 4ms) == NonceState::Ok);
}

TEST_CASE("Old nonces are forgotten and refused", "[sip][nonce]") {
  Counted counter{100};
  CHECK(counter.use("1", 1, kNow) == NonceState::Ok);
  CHECK(counter.use("2", 1, kNow + 10s) == NonceState::Ok);
  counter.now = kNow + 310s;
  CHECK(counter.use("2", 2, kNow + 10s) == NonceState::Ok);
  CHECK(counter.counter.size() == 1);
  CHECK(counter.use("1", 2, kNow) == NonceState::Stale);
  CHECK(counter.use("3", 1, kNow + 10s) == NonceState::Ok);
}

TEST_CASE("A clock that jumps a day ahead and back costs a fresh nonce, not a day",
          "[sip][nonce]") {
  const auto capacity = GENERATE(std::size_t{2}, std::size_t{100});
  CAPTURE(capacity);
  sip::Nonces nonces{kKey};
  Counted counter{capacity};
  const auto phone = [&](const std::string& nonce, std::uint32_t nc) {
    const auto checked = nonces.check(nonce, "r", "INVITE", counter.now, 300s);
    return checked.state == NonceState::Ok ? counter.use(nonce, nc, checked.made) : checked.state;
  };
  const auto before = nonces.make("r", "INVITE", counter.now);
  CHECK(phone(before, 1) == NonceState::Ok);

  counter.now += 24h;
  CHECK(phone(before, 2) == NonceState::Stale);
  std::vector<std::string> ahead;
  for (int i = 0; i < 5; ++i) {
    counter.now += 1s;
    ahead.push_back(nonces.make("r", "INVITE", counter.now));
    CHECK(phone(ahead.back(), 1) == NonceState::Ok);
  }

  counter.now -= 24h;
  CHECK(phone(ahead.back(), 2) == NonceState::Bad);  // the answer is a challenge with a fresh one
  CHECK(phone(before, 1) == NonceState::Stale);      // it may be a replay
  for (int i = 0; i < 5; ++i) {
    counter.now += 1s;
    const auto fresh = nonces.make("r", "INVITE", counter.now);
    CHECK(phone(fresh, 1) == NonceState::Ok);
    CHECK(phone(fresh, 1) == NonceState::Ok);
    CHECK(phone(fresh, 2) == NonceState::Ok);
    CHECK(phone(fresh, 1) == NonceState::Stale);
  }
}

TEST_CASE("A clock that is put back makes nonces that are good at once", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  Counted counter{100};
  CHECK(counter.use("1", 1, counter.now) == NonceState::Ok);
  counter.now -= 1h;
  const auto fresh = nonces.make("r", "INVITE", counter.now);
  CHECK(nonces.check(fresh, "r", "INVITE", counter.now, 300s).state == NonceState::Ok);
  CHECK(counter.use(fresh, 1, counter.now) == NonceState::Ok);
}

TEST_CASE("What a replay would change tells requests apart, what hops change does not",
          "[sip][nonce]") {
  const sip::RequestPrint print{kKey};
  const auto of = [&](const std::string& via, const std::string& contact, const std::string& body,
                      std::string_view from = "192.0.2.1") {
    const auto text = "REGISTER sip:hq.example SIP/2.0\r\nVia: SIP/2.0/UDP " + via +
                      "\r\nMax-Forwards: 70\r\nFrom: <sip:1@hq.example>;tag=a\r\n"
                      "To: <sip:1@hq.example>\r\nCall-ID: c\r\nCSeq: 2 REGISTER\r\nContact: " +
                      contact + "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
                      body;
    return print(*sip::parse_message(text), from);
  };
  const auto first = of("192.0.2.1;branch=z9hG4bK1", "<sip:a@192.0.2.1>", "x");
  CHECK(of("192.0.2.1;branch=z9hG4bK2", "<sip:a@192.0.2.1>", "x") == first);
  CHECK(of("192.0.2.1;branch=z9hG4bK1", "<sip:a@192.0.2.2>", "x") != first);
  CHECK(of("192.0.2.1;branch=z9hG4bK1", "<sip:a@192.0.2.1>", "y") != first);
  CHECK(of("192.0.2.1;branch=z9hG4bK1", "<sip:a@192.0.2.1>", "x", "192.0.2.9") != first);
}

TEST_CASE("A used count is told to the cluster for as long as its nonce lives", "[sip][nonce]") {
  sip::Nonces nonces{kKey};
  const auto nonce = nonces.make("r", "INVITE", kNow);
  const auto use = sip::nonce_use({nonce, 2, kNow, 42}, kNow + 100s, 300s);
  CHECK(use.count == nonce.substr(0, 16) + ":2");
  CHECK(use.by == std::string("\0\0\0\0\0\0\0\x2a", 8));
  CHECK(use.lifetime == 205s);
  CHECK(sip::nonce_use({nonce, 2, kNow, 42}, kNow + 1h, 300s).lifetime == 5s);
}
