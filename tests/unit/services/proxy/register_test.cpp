#include <catch2/catch.hpp>

#include "sip/digest.hpp"
#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::HeaderId;
using test::World;

namespace {

std::string request(const std::string& domain = "hq.test", const std::string& extra = {}) {
  return "REGISTER sip:" + domain +
         " SIP/2.0\nVia: SIP/2.0/UDP 192.168.1.9:5062;branch=z9hG4bKr1;rport\n"
         "Max-Forwards: 70\nFrom: <sip:1001@" +
         domain + ">;tag=f\nTo: <sip:1001@" + domain +
         ">\nCall-ID: r1\nCSeq: 1 REGISTER\nContact: <sip:1001@192.168.1.9:5062>\n" + extra +
         "Content-Length: 0\n\n";
}

/// For a nonce that the world gave, or another; the response is right or all zeros.
std::string credentials(std::string_view nonce, bool right = false) {
  std::string response(32, '0');
  if (right) {
    const auto ha1 =
        sip::make_ha1(sip::DigestAlgorithm::Md5, "1001", "hq.test", "secret of 1001 at hq.test");
    std::string made;
    sip::ReceivedChallenge challenge;
    challenge.realm = "hq.test";
    challenge.nonce = nonce;
    challenge.qop_auth = true;
    sip::append_credentials(made, challenge,
                            {.username = "1001", .ha1 = ha1, .uri = "sip:hq.test", .cnonce = "c"},
                            "REGISTER");
    return "Authorization: " + made + "\n";
  }
  return "Authorization: Digest username=\"1001\", realm=\"hq.test\", nonce=\"" +
         std::string{nonce} + "\", uri=\"sip:hq.test\", response=\"" + response +
         "\", cnonce=\"c\", nc=00000001, qop=auth\n";
}

std::string nonce_of(World& world) {
  world.receive(request());
  const auto asked = world.next();
  const auto value = asked.value(HeaderId::WwwAuthenticate);
  return std::string{sip::parse_challenge(value)->nonce};
}

std::string fresh_credentials(World& world) { return credentials(nonce_of(world)); }

}  // namespace

TEST_CASE("A REGISTER without credentials is challenged at once, MD5 first", "[proxy][register]") {
  World world;
  const std::string domain = GENERATE("hq.test", "nobody.knows.it");
  world.receive(request(domain), "127.0.0.1:5070");
  const auto asked = world.next();
  CHECK(asked.status() == 401);
  CHECK(asked.to() == "127.0.0.1:5070");
  CHECK(asked.value(HeaderId::Via).find("received=127.0.0.1") != std::string::npos);
  CHECK(asked.value(HeaderId::Via).find("rport=5070") != std::string::npos);
  REQUIRE(asked.message->count(HeaderId::WwwAuthenticate) == 2);
  const auto first = sip::parse_challenge(asked.message->value(HeaderId::WwwAuthenticate));
  CHECK(first->realm == domain);
  CHECK(first->algorithm == sip::DigestAlgorithm::Md5);
  CHECK(world.registrar.asked.empty());
  CHECK(world.layer.size() == 0);
}

TEST_CASE("One with credentials goes to the registrar and its word comes back",
          "[proxy][register]") {
  World world;
  const auto text = request("hq.test", fresh_credentials(world));
  world.receive(text, "127.0.0.1:5070");
  REQUIRE(world.registrar.asked.size() == 1);
  auto& asked = world.registrar.asked.front();
  CHECK(asked.message == test::with_line_ends(text));
  CHECK(asked.source == "127.0.0.1:5070;udp");
  const auto path = sip::parse_uri(asked.path);
  CHECK(path->host == "127.0.0.11");
  CHECK(path->is_loose_route());
  CHECK(world.tokens.read_flow(path->user)->remote.to_string() == "127.0.0.1:5070");

  world.receive(text, "127.0.0.1:5070");  // a retransmission is not asked twice
  CHECK(world.registrar.asked.size() == 1);
  CHECK(world.silent());

  asked.done(
      proxy::RegisterAnswer{200, {}, "Contact: <sip:1001@192.168.1.9:5062>;expires=600\r\n", {}});
  const auto done = world.next();
  CHECK(done.status() == 200);
  CHECK(done.value(HeaderId::Contact) == "<sip:1001@192.168.1.9:5062>;expires=600");
  CHECK(done.value(HeaderId::To).find(";tag=") != std::string::npos);
  world.receive(text, "127.0.0.1:5070");
  CHECK(world.next().status() == 200);
}

TEST_CASE("Without a registrar a phone is told to come back", "[proxy][register]") {
  World world;
  world.receive(request("hq.test", fresh_credentials(world)));
  world.registrar.asked.front().done(Errc::Unavailable);
  const auto refused = world.next();
  CHECK(refused.status() == 503);
  CHECK(refused.value(HeaderId::RetryAfter) == "1");
  CHECK(world.refused(proxy::Refusal::BackendDown) == 1);
}

TEST_CASE("Credentials for another realm are none", "[proxy][register]") {
  World world;
  auto text = request("hq.test", fresh_credentials(world));
  text.replace(text.find("realm=\"hq.test\""), 15, "realm=\"xx.test\"");
  world.receive(text);
  CHECK(world.next().status() == 401);
  CHECK(world.registrar.asked.empty());
}

TEST_CASE("Without a nonce of ours that is young a REGISTER leaves nothing", "[proxy][register]") {
  World world;
  const auto nonce = nonce_of(world);
  const bool old = GENERATE(false, true);
  const bool right = GENERATE(false, true);
  CAPTURE(old, right);
  if (old) world.advance(6min);
  world.receive(request("hq.test", credentials(old ? nonce : "invented", right)));
  const auto asked = world.next();
  CHECK(asked.status() == 401);
  // Only who knows the password is told that nothing but the nonce was wrong.
  CHECK(sip::parse_challenge(asked.value(HeaderId::WwwAuthenticate))->stale == right);
  CHECK(world.registrar.asked.empty());
  CHECK(world.layer.size() == 0);
  CHECK(world.layer.bytes() == 0);
}

TEST_CASE("A stream over which a phone registered is kept", "[proxy][register]") {
  World world;
  const int code = GENERATE(200, 403);
  const auto text = request("hq.test", fresh_credentials(world));
  world.receive(text, "127.0.0.1:5070", sip::Transport::Tcp, 9);
  world.registrar.asked.front().done(proxy::RegisterAnswer{code, {}, {}, {}});
  CHECK(world.next().status() == code);
  REQUIRE(world.wire.kept.size() == (code == 200 ? 1 : 0));
  if (code == 200) CHECK(world.wire.kept.front().connection == 9);
}

TEST_CASE("Answered registrations make room for new ones when it is short", "[proxy][register]") {
  World world{"127.0.0.11", 5};
  const auto known = fresh_credentials(world);
  for (int i = 0; i < 20; ++i) {
    auto text = request("hq.test", known);
    text.replace(text.find("z9hG4bKr1"), 9, "z9hG4bKr" + std::to_string(i));
    world.receive(text);
    REQUIRE(world.registrar.asked.size() == 1);
    world.registrar.asked.front().done(proxy::RegisterAnswer{200, {}, {}, {}});
    world.registrar.asked.pop_front();
    CHECK(world.next().status() == 200);
  }
  CHECK(world.layer.size() == 5);
  world.advance(33s);
  CHECK(world.layer.size() == 0);
}

TEST_CASE("The proxy says what it can", "[proxy][register]") {
  World world;
  const std::string target = GENERATE("127.0.0.11", "127.0.0.11:5060", "hq.test");
  world.receive("OPTIONS sip:" + target +
                " SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKo;rport\n"
                "Max-Forwards: 0\nFrom: <sip:sipsak@127.0.0.1>;tag=f\nTo: <sip:" +
                target + ">\nCall-ID: o\nCSeq: 1 OPTIONS\nContent-Length: 0\n\n");
  const auto can = world.next();
  CHECK(can.status() == 200);
  CHECK(can.message->has(HeaderId::Allow));
  CHECK(can.message->has(HeaderId::Accept));
  CHECK(can.message->has(HeaderId::Supported));
}

TEST_CASE("Without rport a datagram's answer goes to the port that Via names",
          "[proxy][register]") {
  World world;
  auto text = request();
  text.erase(text.find(";rport"), 6);
  world.receive(text, "127.0.0.1:40000");
  CHECK(world.next().to() == "127.0.0.1:5062");
}
