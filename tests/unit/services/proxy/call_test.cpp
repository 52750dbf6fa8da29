#include <catch2/catch.hpp>

#include "proxy/domain/cancel.hpp"
#include "sip/digest.hpp"
#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::HeaderId;
using test::answer;
using test::invite;
using test::Sent;
using test::World;

namespace {

/// Sends an INVITE with credentials and takes the 100; gives what went to the phones.
std::vector<Sent> ring(World& world, std::size_t phones, std::string_view to = "1002") {
  world.receive(world.authorized(invite(to)));
  CHECK(world.next().status() == 100);
  std::vector<Sent> invites;
  for (std::size_t i = 0; i < phones; ++i) {
    invites.push_back(world.next());
    CHECK(invites.back().method() == "INVITE");
  }
  CHECK(world.silent());
  return invites;
}

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("A call rings, is answered and ends with one record", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  CHECK(sent.to() == "10.0.0.2:5060");
  CHECK(sent.message->request_uri_text() == "sip:phone@10.0.0.2:5060");
  CHECK(sent.value(HeaderId::MaxForwards) == "69");
  CHECK_FALSE(sent.message->has(HeaderId::ProxyAuthorization));
  CHECK_FALSE(sent.message->has(HeaderId::Route));
  CHECK(sent.message->count(HeaderId::Via) == 2);
  CHECK(sent.message->count(HeaderId::RecordRoute) == 1);

  world.receive_bytes(answer(sent, 180), sent.flow);
  const auto ringing = world.next();
  CHECK(ringing.status() == 180);
  CHECK(ringing.to() == "127.0.0.1:5070");
  CHECK(ringing.message->count(HeaderId::Via) == 1);

  world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      sent.flow);
  const auto answered = world.next();
  CHECK(answered.status() == 200);
  CHECK(world.silent());

  const auto& entry = world.records.only();
  CHECK(entry.events == Events{"started", "ringing", "answered"});
  CHECK(entry.caller().aor() == "1001@hq.test");
  CHECK(entry.record().caller_name() == "Ann");
  CHECK(entry.record().callee_aor() == "1002@hq.test");
  CHECK(entry.callee().tag() == "callee");
  CHECK(entry.callee().contact() == "sip:phone@10.0.0.2:5060");
  CHECK(entry.callee().route_set_size() == 0);  // no hop of others
  CHECK(world.tokens.read_flow(entry.callee().flow())->remote.to_string() == "10.0.0.2:5060");
  CHECK(entry.record().dialled() == "1002");
  CHECK(entry.record().tenant_id() == 1);
  CHECK(world.early.empty());
}

TEST_CASE("The phone of whoever had the number before is not rung", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto& bindings = world.locations.bindings.begin()->second;
  SECTION("but the owner's is") {
    bindings.front().set_user_id(bindings.front().user_id() + 1'000);
    CHECK(ring(world, 1).front().to() == "10.0.0.2:5060");
  }
  SECTION("and without one of the owner's the number is not reached") {
    for (auto& binding : bindings) binding.set_user_id(binding.user_id() + 1'000);
    world.receive(world.authorized(invite()));
    CHECK(world.next().status() == 100);
    CHECK(world.next().status() == 480);
  }
  SECTION("nor sent a message") {
    for (auto& binding : bindings) binding.set_user_id(binding.user_id() + 1'000);
    auto message = invite();
    message.replace(0, 6, "MESSAGE");
    message.replace(message.find("1 INVITE"), 8, "1 MESSAGE");
    world.receive(world.authorized(message));
    CHECK(world.next().status() == 480);
  }
  CHECK(world.silent());
}

TEST_CASE("An answer reaches the caller only when it is recorded", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.records.held = true;
  const auto ok = answer(sent, 200);
  world.receive_bytes(ok, sent.flow);
  world.receive_bytes(ok, sent.flow);
  CHECK(world.silent());
  world.records.release();
  CHECK(world.next().status() == 200);
  CHECK(world.silent());
  world.receive_bytes(ok, sent.flow);  // the caller's ACK was lost
  CHECK(world.next().status() == 200);
}

TEST_CASE("A record that cannot be written does not keep people from talking", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.records.down = true;
  world.receive_bytes(answer(sent, 200), sent.flow);
  CHECK(world.next().status() == 200);
}

TEST_CASE("Of three phones one answers and the others are told where", "[proxy][call]") {
  World world;
  for (const auto* phone : {"10.0.0.1:5060", "10.0.0.2:5060", "10.0.0.3:5060"}) {
    world.bind(1, "1002@hq.test", phone);
  }
  const auto sent = ring(world, 3);
  world.receive_bytes(answer(sent[0], 180, "a"), sent[0].flow);
  world.receive_bytes(answer(sent[1], 180, "b"), sent[1].flow);
  world.forget_sent();
  world.receive_bytes(answer(sent[1], 200, "b"), sent[1].flow);

  CHECK(world.next().status() == 200);
  const auto cancel = world.next();
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.to() == "10.0.0.1:5060");
  CHECK(cancel.value(HeaderId::Reason) == "SIP;cause=200;text=\"Call completed elsewhere\"");
  CHECK(cancel.value(HeaderId::Via) == sent[0].message->field(0).value);
  CHECK(world.silent());

  // The third phone was silent: it is cancelled as soon as it rings.
  world.receive_bytes(answer(sent[2], 180, "c"), sent[2].flow);
  CHECK(world.next().method() == "CANCEL");
  CHECK(world.silent());
  world.receive_bytes(answer(sent[0], 487, "a"), sent[0].flow);
  CHECK(world.next().method() == "ACK");
  CHECK(world.silent());
  CHECK(world.records.only().events == Events{"started", "ringing", "answered"});
}

TEST_CASE("The caller hangs up while it rings", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto text = world.authorized(invite());
  world.receive(text);
  world.next();
  const auto sent = world.next();
  world.receive_bytes(answer(sent, 180), sent.flow);
  world.forget_sent();

  auto cancel = text;
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  world.receive(cancel);
  const auto ok = world.next();
  CHECK(ok.status() == 200);
  CHECK(ok.value(HeaderId::CSeq) == "1 CANCEL");
  const auto passed = world.next();
  CHECK(passed.method() == "CANCEL");
  CHECK(world.silent());

  world.receive_bytes(answer(passed, 200), passed.flow);
  world.receive_bytes(answer(sent, 487), sent.flow);
  CHECK(world.next().method() == "ACK");
  const auto final = world.next();
  CHECK(final.status() == 487);
  CHECK(final.value(HeaderId::CSeq) == "1 INVITE");

  const auto& entry = world.records.only();
  CHECK(entry.events == Events{"started", "ringing", "ended"});
  CHECK(entry.end().outcome == events::v1::CALL_OUTCOME_CANCELLED);
  CHECK(entry.end().hung_up_by == events::v1::CALL_PARTY_CALLER);
  CHECK(entry.end().sip_code == 487);
}

TEST_CASE("A phone that rang and died does not hold a cancelled caller up", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto text = world.authorized(invite());
  world.receive(text);
  world.next();
  const auto sent = world.next();
  world.receive_bytes(answer(sent, 180), sent.flow);
  auto cancel = text;
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  world.receive(cancel);
  world.forget_sent();
  world.advance(6s);
  bool ended = false;
  while (!world.silent()) ended = world.next().status() == 487 || ended;
  CHECK(ended);
  world.advance(60s);
  CHECK(world.layer.working() == 0);
}

TEST_CASE("Refusals reach the caller and the record with the right words", "[proxy][call]") {
  using namespace events::v1;
  const auto [code, upstream, outcome, by] = GENERATE(table<int, int, CallOutcome, CallParty>({
      {486, 486, CALL_OUTCOME_BUSY, CALL_PARTY_CALLEE},
      {600, 600, CALL_OUTCOME_BUSY, CALL_PARTY_CALLEE},
      {603, 603, CALL_OUTCOME_DECLINED, CALL_PARTY_CALLEE},
      {480, 480, CALL_OUTCOME_UNREACHABLE, CALL_PARTY_PLATFORM},
      {404, 404, CALL_OUTCOME_NOT_FOUND, CALL_PARTY_PLATFORM},
      {503, 500, CALL_OUTCOME_FAILED, CALL_PARTY_PLATFORM},
      {430, 480, CALL_OUTCOME_UNREACHABLE, CALL_PARTY_PLATFORM},
      {488, 488, CALL_OUTCOME_FAILED, CALL_PARTY_CALLEE},
  }));
  CAPTURE(code);
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, code), sent.flow);
  CHECK(world.next().method() == "ACK");
  CHECK(world.next().status() == upstream);
  const auto& entry = world.records.only();
  CHECK(entry.events == Events{"started", "ended"});
  CHECK(entry.end().outcome == outcome);
  CHECK(entry.end().hung_up_by == by);
  CHECK(entry.end().sip_code == static_cast<std::uint32_t>(upstream));
  CHECK_FALSE(entry.end().reason.empty());
}

TEST_CASE("Calls that go nowhere are booked too", "[proxy][call]") {
  using namespace events::v1;
  const auto [number, code, outcome] = GENERATE(table<std::string, int, CallOutcome>({
      {"1777", 404, CALL_OUTCOME_NOT_FOUND},
      {"1003", 480, CALL_OUTCOME_UNREACHABLE},
      {"1009", 480, CALL_OUTCOME_UNREACHABLE},
  }));
  CAPTURE(number);
  World world;
  const auto text = world.authorized(invite(number));
  world.receive(text);
  CHECK(world.next().status() == 100);
  CHECK(world.next().status() == code);
  world.receive(text);  // a retransmission changes nothing but is answered
  CHECK(world.next().status() == code);
  CHECK(world.records.calls.size() == 1);
  CHECK(world.records.only().events == Events{"started", "ended"});
  CHECK(world.records.only().end().outcome == outcome);
  CHECK(world.records.only().record().dialled() == number);
}

TEST_CASE("No call crosses tenants and no stranger's is relayed", "[proxy][call]") {
  World world;
  world.bind(2, "1002@lab.test", "10.9.9.9:5060");
  SECTION("another tenant's domain is as unknown as any") {
    for (const std::string domain : {"lab.test", "elsewhere.example"}) {
      auto text = invite("1002", "to-" + domain, "z9hG4bK" + domain);
      text.replace(text.find("1002@hq.test"), 12, "1002@" + domain);
      world.receive(world.authorized(text));
      CHECK(world.next().status() == 100);
      CHECK(world.next().status() == 404);
      CHECK(world.silent());
    }
  }
  SECTION("the same number in one's own tenant is nobody else's") {
    world.receive(world.authorized(invite("1002")));
    CHECK(world.next().status() == 100);
    CHECK(world.next().status() == 480);
  }
  SECTION("without or with wrong credentials everybody is asked for them alike") {
    auto stranger = invite("1002", "c");
    stranger.replace(stranger.find("1001@hq.test"), 12, "joe@far.test");
    world.receive(stranger);
    const auto asked = world.next();
    CHECK(asked.status() == 407);
    CHECK(asked.value(HeaderId::ProxyAuthenticate).find("realm=\"far.test\"") != std::string::npos);
    world.receive(world.authorized(invite("1002", "d", "z9hG4bKd"), "1001", "hq.test", "wrong"));
    CHECK(world.next().status() == 407);
    CHECK(world.refused(proxy::Refusal::WrongPassword) == 1);
    world.receive(world.authorized(invite("1002", "e", "z9hG4bKe"), "1777", "hq.test", "any"));
    CHECK(world.next().status() == 407);
    CHECK(world.records.calls.empty());
  }
  SECTION("nobody calls in another's name") {
    world.receive(world.authorized(invite("1002", "f", "z9hG4bKf"), "1003", "hq.test"));
    CHECK(world.next().status() == 403);
  }
}

TEST_CASE("A nonce is good for a while and each count once", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto text = world.authorized(invite());
  SECTION("too old") {
    world.advance(6min);
    world.receive(text);
    const auto again = world.next();
    CHECK(again.status() == 407);
    CHECK(again.value(HeaderId::ProxyAuthenticate).find("stale=true") != std::string::npos);
  }
  SECTION("replayed") {
    world.receive(text);
    world.forget_sent();
    auto replay = text;
    replay.replace(replay.find("call-1"), 6, "call-2");
    replay.replace(replay.find("z9hG4bK"), 8, "z9hG4bKx");
    world.receive(replay);
    CHECK(world.next().status() == 407);
  }
}

namespace {

/// Another node of the same cluster.
void share(World& other, const World& world) {
  other.bind(1, "1002@hq.test", "10.0.0.2:5060");
  other.records.calls = world.records.calls;
  other.uses.by = world.uses.by;
}

std::string with(std::string text, const std::string& what, const std::string& by) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size())) {
    text.replace(at, what.size(), by);
  }
  return text;
}

}  // namespace

TEST_CASE("A count that was used at one node is used at all", "[proxy][call]") {
  World world;
  World other{"127.0.0.12"};
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const bool message = GENERATE(false, true);
  const auto text = world.authorized(message ? with(invite(), "INVITE", "MESSAGE") : invite());
  world.receive(text);
  share(other, world);

  // Its branch, and with it the node's own: only the request around the credentials is another.
  other.receive(with(with(text, "call-1", "call-2"), "z9hG4bK", "z9hG4bKx"));
  auto refused = other.next();
  if (refused.status() == 100) refused = other.next();
  CHECK(refused.status() == 407);
  CHECK(refused.value(HeaderId::ProxyAuthenticate).find("stale=true") != std::string::npos);
  CHECK(other.refused(proxy::Refusal::ReplayedNonce) == 1);
  CHECK(other.silent());
  if (!message) CHECK(other.records.calls.size() == 2);
}

TEST_CASE("A request that comes again from where it came has no second effect", "[proxy][call]") {
  World world;
  World other{"127.0.0.12"};
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const bool message = GENERATE(false, true);
  const auto text = world.authorized(message ? with(invite(), "INVITE", "MESSAGE") : invite());
  world.receive(text);
  if (!message) {  // and the call is over
    CHECK(world.next().status() == 100);
    const auto busy = world.next();
    world.receive_bytes(answer(busy, 486), busy.flow);
    CHECK(world.records.only().ended());
  }
  share(other, world);
  other.receive(with(text, "z9hG4bK", "z9hG4bKother"));
  auto refused = other.next();
  if (refused.status() == 100) refused = other.next();
  CHECK(refused.status() == 407);
  CHECK(refused.value(HeaderId::ProxyAuthenticate).find("stale=true") != std::string::npos);
  CHECK(other.silent());
}

TEST_CASE("What was refused for what it wants is used up", "[proxy][call]") {
  World world;
  const auto text = world.authorized(with(invite("1099"), "INVITE", "MESSAGE"));
  world.receive(text);
  CHECK(world.next().status() == 404);
  CHECK(world.uses.by.size() == 1);
}

TEST_CASE("What was refused in one form is not taken in another", "[proxy][call]") {
  World world;
  World other{"127.0.0.12"};
  const auto text = world.authorized(invite(), "1003");  // in the name of 1001
  world.receive(text);
  CHECK(world.next().status() == 403);
  share(other, world);
  other.receive(with(text, "From: \"Ann\" <sip:1001@", "From: <sip:1003@"));
  CHECK(other.next().status() == 100);
  CHECK(other.next().status() == 407);
  CHECK(other.silent());
}

TEST_CASE("A digest is for its Request-URI, a nonce for its method", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.bind(1, "1003@hq.test", "10.0.0.3:5060");
  const auto text = world.authorized(invite());
  SECTION("another callee") {
    world.receive(with(text, "INVITE sip:1002@", "INVITE sip:1003@"));
    CHECK(world.next().status() == 400);
    CHECK(world.refused(proxy::Refusal::UriMismatch) == 1);
    CHECK(world.uses.by.size() == 1);
  }
  SECTION("the same callee, written in another way") {
    world.receive(with(text, "INVITE sip:1002@hq.test", "INVITE sip:1002@HQ.test:5060;user=phone"));
    CHECK(world.next().status() == 100);
  }
  SECTION("a nonce that a REGISTER was given") {
    sip::Nonces nonces{world.keys};
    const auto nonce = nonces.make("hq.test", "REGISTER", world.clock.now());
    const auto ha1 =
        sip::make_ha1(sip::DigestAlgorithm::Md5, "1001", "hq.test", "secret of 1001 at hq.test");
    std::string credentials;
    sip::ReceivedChallenge challenge;
    challenge.realm = "hq.test";
    challenge.nonce = nonce;
    challenge.qop_auth = true;
    sip::append_credentials(
        credentials, challenge,
        {.username = "1001", .ha1 = ha1, .uri = "sip:1002@hq.test", .cnonce = "c"}, "INVITE");
    auto call = invite("1002", "call-9", "z9hG4bKnine");
    call.insert(call.find("CSeq"), "Proxy-Authorization: " + credentials + "\n");
    world.receive(call);
    const auto again = world.next();
    CHECK(again.status() == 407);
    CHECK(again.value(HeaderId::ProxyAuthenticate).find("stale=true") != std::string::npos);
    CHECK(world.refused(proxy::Refusal::StaleNonce) == 1);
  }
}

TEST_CASE("A clock that jumps ahead and back does not keep callers out", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto call = [&](const std::string& id) {
    world.forget_sent();
    world.receive(world.authorized(invite("1002", id, "z9hG4bK" + id)));
    const auto status = world.next().status();
    world.forget_sent();
    return status;
  };
  CHECK(call("before") == 100);
  world.clock.advance(24h);
  CHECK(call("ahead") == 100);
  world.clock.advance(-24h + 1s);
  CHECK(call("back") == 100);
}

TEST_CASE("While Redis is away new calls are put off", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const bool records = GENERATE(true, false);
  (records ? world.records.down : world.locations.down) = true;
  world.receive(world.authorized(invite()));
  CHECK(world.next().status() == 100);
  const auto refused = world.next();
  CHECK(refused.status() == 503);
  CHECK(refused.message->has(HeaderId::RetryAfter));
  CHECK(world.silent());
}

TEST_CASE("An INVITE that came over two paths rings once", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  auto merged = world.authorized(invite("1002", "call-1", "z9hG4bKtwo"));
  world.receive(merged);
  CHECK(world.next().status() == 100);
  CHECK(world.next().status() == 482);
  CHECK(world.records.calls.size() == 1);
  CHECK_FALSE(world.records.only().ended());
}

TEST_CASE("A phone behind another node is reached through it", "[proxy][call]") {
  World caller_side;
  World callee_side{"127.0.0.12"};
  caller_side.bind(1, "1002@hq.test", "10.0.0.2:5060", callee_side.path_to("10.0.0.2:5060"));
  const auto between = ring(caller_side, 1).front();
  CHECK(between.to() == "127.0.0.12:5060");
  CHECK(between.message->has(HeaderId::Route));

  callee_side.receive_bytes(
      std::string{between.message.bytes()},
      {sip::Transport::Udp, 0, *proxy::Endpoint::parse("127.0.0.11:5060"), 0});
  CHECK(callee_side.next().status() == 100);
  const auto sent = callee_side.next();
  CHECK(sent.to() == "10.0.0.2:5060");
  CHECK_FALSE(sent.message->has(HeaderId::Route));
  CHECK(sent.message->count(HeaderId::RecordRoute) == 2);
  CHECK(callee_side.records.calls.empty());

  callee_side.receive_bytes(answer(sent, 200), sent.flow);
  const auto back = callee_side.next();
  CHECK(back.to() == "127.0.0.11:5060");
  caller_side.receive_bytes(std::string{back.message.bytes()}, between.flow);
  CHECK(caller_side.next().status() == 200);
  const auto& callee = caller_side.records.only().callee();
  CHECK(callee.route_set_size() == 0);
  CHECK(caller_side.tokens.read_flow(callee.flow())->home == callee_side.addresses.home_near(0));
}

TEST_CASE("A connection that is gone is 430 between nodes and 480 to the caller", "[proxy][call]") {
  World world;
  SECTION("at the edge") {
    const proxy::Tokens other_boot{world.keys, 8};
    std::string token;
    other_boot.append(token, other_boot.token_of({sip::Transport::Tcp, 1,
                                                  *proxy::Endpoint::parse("10.0.0.2:40000"), 5},
                                                 world.addresses));
    const auto stale = world.from_other_node(invite(), "sip:" + token + "@127.0.0.11:5060;lr");
    world.receive(stale);
    CHECK(world.next().status() == 430);
  }
  SECTION("when it breaks while the INVITE is sent") {
    world.bind(1, "1002@hq.test", "10.0.0.2:40000", world.path_to("10.0.0.2:40000", 5));
    const auto sent = ring(world, 1).front();
    CHECK(sent.flow.connection == 5);
    world.layer.on_unsent(sent.report_to);
    CHECK(world.next().status() == 480);
    CHECK(world.records.only().end().outcome == events::v1::CALL_OUTCOME_UNREACHABLE);
  }
}

TEST_CASE("A draining node takes nothing new", "[proxy][call]") {
  World world;
  world.router.drain();
  world.receive(invite());
  const auto refused = world.next();
  CHECK(refused.status() == 503);
  CHECK(refused.value(HeaderId::RetryAfter) == "1");
}

TEST_CASE("A draining node still reaches the phones behind it", "[proxy][call]") {
  World world;
  world.router.drain();
  const auto text = world.from_other_node(invite(), world.path_to("10.0.0.2:5060"));
  world.receive(text, "127.0.0.12:5060");
  CHECK(world.next().status() == 100);
  const auto sent = world.next();
  CHECK(sent.method() == "INVITE");
  CHECK(sent.to() == "10.0.0.2:5060");
}

TEST_CASE("A phone is reached by its Path from other nodes of ours alone", "[proxy][call]") {
  World world;
  const auto path = world.path_to("10.0.0.2:5060");
  auto text = invite();
  SECTION("without a seal") {
    text.insert(text.find("From:"), "Route: <" + path + ">\n");
    world.receive(text, "10.6.6.6:5060");
  }
  SECTION("with that of another request") {
    text = world.from_other_node(text, path);
    text.replace(text.find("z9hG4bKone"), 10, "z9hG4bKtwo");
    world.receive(text, "10.6.6.6:5060");
  }
  SECTION("with an old one") {
    text = world.from_other_node(text, path);
    world.clock.advance(301s);
    world.receive(text, "10.6.6.6:5060");
  }
  CHECK(world.next().status() == 403);
  CHECK(world.silent());
}

TEST_CASE("Out of a dialog a phone may begin something, and no more", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto [method, code] = GENERATE(table<std::string, int>({{"REFER", 405},
                                                                {"NOTIFY", 405},
                                                                {"BYE", 405},
                                                                {"INFO", 405},
                                                                {"UPDATE", 405},
                                                                {"PRACK", 405},
                                                                {"FOO", 501}}));
  auto text = invite();
  text.replace(0, 6, method);
  text.replace(text.find("1 INVITE"), 8, "1 " + method);
  world.receive(text);
  const auto refused = world.next();
  CHECK(refused.status() == code);
  CHECK(refused.value(HeaderId::Allow).find("INVITE") != std::string::npos);
  CHECK(world.silent());
}

TEST_CASE("A CANCEL counts from where its INVITE came from", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 180), sent.flow);
  world.next();
  auto cancel = invite("1002", "call-1", "z9hG4bKauthorizedone");
  cancel.replace(0, 6, "CANCEL");
  cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
  const std::string from = GENERATE("10.0.0.2:5060", "127.0.0.1:5071", "127.0.0.2:5070");
  world.receive(cancel, from);
  CHECK(world.next().status() == 481);
  CHECK(world.silent());
  CHECK(world.refused(proxy::Refusal::ForeignCancel) == 1);
  world.receive(cancel);
  CHECK(world.next().status() == 200);
  CHECK(world.next().method() == "CANCEL");
}

TEST_CASE("A stream's CANCEL comes over it, or from its host when it is gone", "[proxy][call]") {
  World world;
  const auto at = [](std::string_view text) { return *proxy::Endpoint::parse(text); };
  const proxy::Flow invite{sip::Transport::Tcp, 1, at("10.0.0.1:40000"), 7};
  const proxy::Flow again{sip::Transport::Tcp, 1, at("10.0.0.1:40001"), 8};
  const proxy::Flow other{sip::Transport::Tcp, 1, at("10.0.0.2:40000"), 9};
  CHECK(proxy::same_sender(invite, false, invite, world.wire));
  CHECK_FALSE(proxy::same_sender(invite, false, again, world.wire));
  world.wire.gone = {7};
  CHECK(proxy::same_sender(invite, false, again, world.wire));
  CHECK_FALSE(proxy::same_sender(invite, false, other, world.wire));
}

TEST_CASE("An answer to nobody's request goes nowhere", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  const auto good = answer(sent, 200);
  const auto forward = [&](const std::string& bytes) {
    return world.stateless.forward_response(*sip::parse_message(bytes));
  };
  CHECK(forward(good));
  CHECK(world.next().to() == "127.0.0.1:5070");
  const auto [what, with] = GENERATE(table<std::string, std::string>({
      {"127.0.0.1:5070;", "192.0.2.66:5070;"},
      {"rport=5070", "rport=6379"},
      {"received=127.0.0.1", "received=192.0.2.66"},
      {"Call-ID: call-1", "Call-ID: call-2"},
  }));
  auto forged = good;
  CAPTURE(what);
  REQUIRE(forged.find(what) != std::string::npos);
  forged.replace(forged.find(what), what.size(), with);
  CHECK_FALSE(forward(forged));
  CHECK(world.silent());
}

TEST_CASE("An operator ends a call that rings", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 180), sent.flow);
  world.forget_sent();
  const auto id = world.records.only().record().call_id();
  CHECK(world.router.hang_up(id, "Maintenance"));
  CHECK(world.next().status() == 480);
  CHECK(world.next().method() == "CANCEL");
  CHECK(world.records.only().end().hung_up_by == events::v1::CALL_PARTY_PLATFORM);
  CHECK_FALSE(world.router.hang_up(id, "Maintenance"));
}

TEST_CASE("A call that was ended while it was being answered is hung up", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  auto& entry = world.records.calls.begin()->second;  // ended by another node
  calls::apply(entry.call, calls::Closed{calls::closed("An operator ended it.", 480, 0)});
  world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      sent.flow);
  CHECK(world.next().status() == 200);
  for (const auto* tag : {"tag=caller", "tag=callee"}) {
    const auto bye = world.next();
    CHECK(bye.method() == "BYE");
    CHECK(bye.value(HeaderId::To).find(tag) != std::string::npos);
  }
}

TEST_CASE("A phone that answers although it was cancelled is hung up", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  const auto sent = ring(world, 1).front();
  world.receive_bytes(answer(sent, 180), sent.flow);
  REQUIRE(world.router.hang_up(world.records.only().record().call_id(), "Maintenance"));
  world.forget_sent();
  world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      sent.flow);
  CHECK(world.next().status() == 200);  // RFC 3261 §16.7: every 2xx goes up
  std::vector<std::string> told;
  while (!world.silent()) {
    const auto bye = world.next();
    if (bye.message->is_request() && bye.method() == "BYE") told.push_back(bye.value(HeaderId::To));
  }
  REQUIRE(told.size() == 2);
  CHECK(told[0].find("tag=caller") != std::string::npos);
  CHECK(told[1].find("tag=callee") != std::string::npos);
  CHECK(world.records.only().end().outcome != events::v1::CALL_OUTCOME_ANSWERED);
}

TEST_CASE("A caller goes by the directory's name for it", "[proxy][call]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto text = invite();
  for (auto at = text.find("1001"); at != std::string::npos; at = text.find("1001")) {
    text.replace(at, 4, "1003");
  }
  world.receive(world.authorized(text, "1003"));
  CHECK(world.records.only().record().caller_name() == "Carol");
}

namespace {

/// What the second of two calls of one caller came to.
Sent second_call(World& world) {
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  ring(world, 1);
  world.receive(world.authorized(invite("1002", "second@phone", "z9hG4bKsecond")));
  CHECK(world.next().status() == 100);
  return world.next();
}

}  // namespace

TEST_CASE("Who has made as many calls as it may makes no more", "[proxy][call]") {
  World world;
  world.settings.max_user_calls = GENERATE(0u, 1u, 2u);
  const auto sent = second_call(world);
  if (world.settings.max_user_calls != 1) {
    CHECK(sent.method() == "INVITE");
    return;
  }
  CHECK(sent.status() == 480);
  CHECK(world.refused(proxy::Refusal::TooManyUserCalls) == 1);
  std::size_t ended = 0;
  for (const auto& [id, entry] : world.records.calls) {
    if (!entry.ended()) continue;
    ++ended;
    CHECK(entry.end().outcome == events::v1::CALL_OUTCOME_FAILED);
    CHECK(entry.end().reason == "The caller has made too many calls");
  }
  CHECK(ended == 1);
}
