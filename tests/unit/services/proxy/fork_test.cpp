#include <catch2/catch.hpp>

#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::HeaderId;
using test::answer;
using test::invite;
using test::Sent;
using test::World;

namespace {

std::vector<Sent> ring(World& world, std::size_t phones) {
  world.receive(world.authorized(invite()));
  world.next();
  std::vector<Sent> invites;
  for (std::size_t i = 0; i < phones; ++i) invites.push_back(world.next());
  return invites;
}

/// What is sent during `time`, by method or status.
std::vector<std::string> during(World& world, std::chrono::milliseconds time) {
  world.forget_sent();
  world.advance(time);
  std::vector<std::string> all;
  while (!world.silent()) {
    const auto sent = world.next();
    all.push_back(sent.message->is_request() ? sent.method() : std::to_string(sent.status()));
  }
  return all;
}

using Names = std::vector<std::string>;

}  // namespace

TEST_CASE("A silent phone is asked seven times, then the caller hears 408", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  ring(world, 1);
  CHECK(during(world, 31'800ms) == Names(6, "INVITE"));
  CHECK(during(world, 600ms) == Names{"408"});
  CHECK(world.records.only().end().outcome == events::v1::CALL_OUTCOME_NO_ANSWER);
  world.receive(
      "ACK sip:1002@hq.test SIP/2.0\n"
      "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKauthorizedone;rport\n"
      "From: <sip:1001@hq.test>;tag=caller\nTo: <sip:1002@hq.test>;tag=x\n"
      "Call-ID: call-1\nCSeq: 1 ACK\nMax-Forwards: 70\n\n");
  CHECK(during(world, 60s).empty());
  CHECK(world.layer.size() == 0);
  CHECK(world.timers.size() == 0);
}

TEST_CASE("A phone that rings is not asked again, and rings until Timer C", "[proxy][fork]") {
  World world;
  world.settings.timer_c = 180s;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 100), sent.flow);
  CHECK(during(world, 100s).empty());
  world.receive_bytes(answer(sent, 180), sent.flow);  // starts Timer C anew
  CHECK(during(world, 179s).empty());
  const auto ended = during(world, 2s);
  CHECK(std::count(ended.begin(), ended.end(), "CANCEL") >= 1);
  CHECK(std::count(ended.begin(), ended.end(), "408") >= 1);
  CHECK(world.records.only().end().outcome == events::v1::CALL_OUTCOME_NO_ANSWER);
}

TEST_CASE("A caller that repeats its INVITE hears the last word again", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto text = world.authorized(invite());
  world.receive(text);
  world.next();
  const auto sent = world.next();
  world.receive(text);
  CHECK(world.next().status() == 100);
  world.receive_bytes(answer(sent, 180), sent.flow);
  world.forget_sent();
  world.receive(text);
  CHECK(world.next().status() == 180);
  CHECK(world.silent());
  world.receive_bytes(answer(sent, 486), sent.flow);
  world.forget_sent();
  world.receive(text);
  CHECK(world.next().status() == 486);
  CHECK(world.metrics.retransmissions.Value() == 3);
  CHECK(world.records.calls.size() == 1);
}

TEST_CASE("A refusal is repeated to the caller until it says ACK", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 486), sent.flow);
  CHECK(during(world, 4s) == Names(3, "486"));
  world.receive(
      "ACK sip:1002@hq.test SIP/2.0\n"
      "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKauthorizedone;rport\n"
      "From: <sip:1001@hq.test>;tag=caller\nTo: <sip:1002@hq.test>;tag=callee\n"
      "Call-ID: call-1\nCSeq: 1 ACK\nMax-Forwards: 70\n\n");
  CHECK(during(world, 60s).empty());
  CHECK(world.layer.size() == 0);
}

TEST_CASE("A phone's repeated refusal is acknowledged again and goes no further", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 486), sent.flow);
  const auto ack = world.next();
  CHECK(ack.method() == "ACK");
  CHECK(ack.value(HeaderId::Via) == sent.message->field(0).value);
  CHECK(world.next().status() == 486);
  world.receive_bytes(answer(sent, 486), sent.flow);
  CHECK(world.next().method() == "ACK");
  CHECK(world.silent());
}

TEST_CASE("Two phones that answer at once both reach the caller", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 2);
  world.receive_bytes(answer(sent[0], 200, "a"), sent[0].flow);
  world.receive_bytes(answer(sent[1], 200, "b"), sent[1].flow);
  CHECK(world.next().value(HeaderId::To).find("tag=a") != std::string::npos);
  CHECK(world.next().value(HeaderId::To).find("tag=b") != std::string::npos);
  CHECK(world.records.only().callee().tag() == "a");
}

TEST_CASE("An answer that crosses a CANCEL still goes up", "[proxy][fork]") {
  World world;
  world.settings.timer_c = 10s;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 180), sent.flow);
  world.advance(11s);
  world.forget_sent();
  world.receive_bytes(answer(sent, 200), sent.flow);
  const auto late = world.next();
  CHECK(late.status() == 200);
  CHECK(late.to() == "127.0.0.1:5070");
}

TEST_CASE("Challenges of all branches go up together", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 2);
  world.receive_bytes(
      answer(sent[0], 401, "a", "WWW-Authenticate: Digest realm=\"a\", nonce=\"1\"\n"),
      sent[0].flow);
  world.receive_bytes(
      answer(sent[1], 401, "b", "WWW-Authenticate: Digest realm=\"b\", nonce=\"2\"\n"),
      sent[1].flow);
  world.next();
  world.next();
  const auto asked = world.next();
  CHECK(asked.status() == 401);
  CHECK(asked.message->count(HeaderId::WwwAuthenticate) == 2);
}

TEST_CASE("A loop is 482, a spiral goes on, hops run out at 483", "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto text = invite();
  const auto bytes = test::with_line_ends(text);
  const auto message = sip::parse_message(bytes);
  std::string branch;
  sip::append_branch(branch, {0, 1, sip::loop_hash(*message)});
  SECTION("loop") {
    text.insert(text.find("Max-"), "Via: SIP/2.0/UDP 127.0.0.11:5060;branch=" + branch + "\n");
    world.receive(text);
    CHECK(world.next().status() == 482);
    CHECK(world.refused(proxy::Refusal::Loop) == 1);
  }
  SECTION("spiral") {
    auto other = *sip::parse_branch(branch);
    other.loop_hash ^= 1;
    branch.clear();
    sip::append_branch(branch, other);
    text.insert(text.find("Max-"), "Via: SIP/2.0/UDP 127.0.0.11:5060;branch=" + branch + "\n");
    world.receive(text);
    CHECK(world.next().status() == 407);
  }
  SECTION("hops") {
    text.replace(text.find("Max-Forwards: 70"), 16, "Max-Forwards: 0");
    world.receive(text);
    CHECK(world.next().status() == 483);
  }
}

TEST_CASE("What the proxy cannot do for a request it says", "[proxy][fork]") {
  World world;
  auto text = invite();
  text.insert(text.find("From:"), "Proxy-Require: teleport, fax\n");
  world.receive(text);
  const auto refused = world.next();
  CHECK(refused.status() == 420);
  CHECK(refused.value(HeaderId::Unsupported) == "teleport, fax");
}

TEST_CASE("A full node says 503 and lets in again what room allows", "[proxy][fork]") {
  World world{"127.0.0.11", 4};
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  for (int i = 0; i < 2; ++i) {
    auto text = world.authorized(
        invite("1002", "call-" + std::to_string(i), "z9hG4bK" + std::to_string(i)));
    world.receive(text);
    world.forget_sent();
  }
  CHECK(world.layer.working() == 4);
  world.receive(invite("1002", "call-9", "z9hG4bKnine"));
  const auto refused = world.next();
  CHECK(refused.status() == 503);
  CHECK(refused.value(HeaderId::RetryAfter) == "1");
  CHECK(world.refused(proxy::Refusal::Overload) == 1);
  CHECK(world.metrics.overload(proxy::Excess::Transactions).Value() == 1);
  world.advance(40s);
  world.forget_sent();
  world.receive(invite("1002", "call-9", "z9hG4bKnine"));
  CHECK(world.next().status() == 407);
}

TEST_CASE("A message to a user goes to all phones and its first answer comes back",
          "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto text = invite();
  for (auto at = text.find("INVITE"); at != std::string::npos; at = text.find("INVITE")) {
    text.replace(at, 6, "MESSAGE");
  }
  const auto sending = world.authorized(text);
  world.receive(sending);
  const auto first = world.next();
  const auto second = world.next();
  CHECK(first.method() == "MESSAGE");
  CHECK_FALSE(first.message->has(HeaderId::RecordRoute));
  CHECK(world.silent());
  world.receive_bytes(answer(second, 200), second.flow);
  CHECK(world.next().status() == 200);
  world.receive_bytes(answer(first, 200), first.flow);
  CHECK(world.silent());
  world.receive(sending);
  CHECK(world.next().status() == 200);
  CHECK(world.records.calls.empty());
}

TEST_CASE("A request other than INVITE that nobody answers is not answered with 408",
          "[proxy][fork]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  auto text = invite();
  for (auto at = text.find("INVITE"); at != std::string::npos; at = text.find("INVITE")) {
    text.replace(at, 6, "MESSAGE");
  }
  world.receive(world.authorized(text));
  CHECK(during(world, 40s) == Names(10, "MESSAGE"));
  CHECK(world.layer.size() == 0);
}

TEST_CASE("A full node still lets calls that are up go on", "[proxy][fork]") {
  World world{"127.0.0.11", 4};
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.receive(world.authorized(invite("1002", "up", "z9hG4bKup")));
  world.next();
  const auto sent = world.next();
  world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      sent.flow);
  const auto route = world.next().value(HeaderId::RecordRoute);
  for (int i = 0; i < 2; ++i) {
    world.forget_sent();
    world.receive(world.authorized(
        invite("1002", "more-" + std::to_string(i), "z9hG4bKmore" + std::to_string(i))));
  }
  world.forget_sent();
  CHECK(world.layer.full());
  world.receive(
      "BYE sip:phone@10.0.0.2:5060 SIP/2.0\n"
      "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKbye;rport\n"
      "Max-Forwards: 70\nRoute: " +
      route +
      "\nFrom: <sip:1001@hq.test>;tag=caller\nTo: <sip:1002@hq.test>;tag=callee\n"
      "Call-ID: up\nCSeq: 2 BYE\nContent-Length: 0\n\n");
  CHECK(world.next().method() == "BYE");
}

TEST_CASE("An OPTIONS without hops left is answered where it stands", "[proxy][fork]") {
  World world;
  world.receive(
      "OPTIONS sip:1002@hq.test SIP/2.0\n"
      "Via: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKo;rport\nMax-Forwards: 0\n"
      "From: <sip:1001@hq.test>;tag=f\nTo: <sip:1002@hq.test>\nCall-ID: o\n"
      "CSeq: 1 OPTIONS\nContent-Length: 0\n\n");
  CHECK(world.next().status() == 200);
}
