#include "proxy/domain/resumption.hpp"

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

using Events = std::vector<std::string>;

/// A call of 1001 to 1002 that rings at its phones when its node is lost; `survivor` is another
/// process that has the node's address and the cluster's records.
struct LostCall {
  explicit LostCall(std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      lost.bind(1, "1002@hq.test", "10.0.0." + std::to_string(i + 1) + ":5060");
    }
    text = lost.authorized(invite());
    lost.receive(text);
    CHECK(lost.next().status() == 100);
    for (std::size_t i = 0; i < count; ++i) phones.push_back(lost.next());
  }

  void ring(std::size_t phone) {
    lost.receive_bytes(answer(phones[phone], 180, tag(phone)), phones[phone].flow);
  }
  /// Time passes, then the survivor takes over.
  void lose(std::chrono::milliseconds after = 0ms) {
    lost.forget_sent();
    lost.advance(after);
    survivor.inherit(lost);
  }
  /// The survivor is another worker of the process that has the call.
  void lose_to_own_process() {
    lose();
    survivor.settings.boot = lost.settings.boot;
  }
  void respond(std::size_t phone, int code) {
    survivor.receive_bytes(answer(phones[phone], code, tag(phone)), phones[phone].flow);
  }
  std::string cancel() const {
    auto cancel = text;
    cancel.replace(0, 6, "CANCEL");
    cancel.replace(cancel.find("1 INVITE"), 8, "1 CANCEL");
    return cancel;
  }
  static std::string tag(std::size_t phone) { return "phone" + std::to_string(phone); }
  const fakes::MemoryCallRecords::Entry& entry() const { return survivor.records.only(); }

  World lost;
  World survivor;
  std::string text;
  std::vector<Sent> phones;
};

/// A call whose caller is at `near` and whose phone is behind another node; that one is lost, and
/// `successor` has its address.
struct LostSecondHop {
  LostSecondHop() {
    successor.settings.workers = 3;
    near.bind(1, "1002@hq.test", "10.0.0.9:5060", edge.path_to("10.0.0.9:5060"));
    near.receive(near.authorized(invite()));
    near.next();
    hop = near.next();
    edge.receive_bytes(std::string{hop->message->bytes()}, from_near);
    CHECK(edge.next().status() == 100);
    rings = edge.next();
    CHECK(rings->to() == "10.0.0.9:5060");
  }

  void ring() {
    near.receive_bytes(answer(*hop, 180), hop->flow);
    CHECK(near.next().status() == 180);
  }
  /// What `near` sends when the call is given up.
  Sent cancel() {
    REQUIRE(near.router.hang_up(near.records.only().record().call_id(), "enough"));
    near.next();  // the caller's 480
    auto cancel = near.next();
    REQUIRE(cancel.method() == "CANCEL");
    return cancel;
  }
  /// What the phone gets from the successor for a CANCEL or ACK of `near`: one from each worker
  /// that may have sent the INVITE, so the phone knows one of them.
  std::vector<Sent> pass_on(const Sent& sent) {
    successor.receive_bytes(std::string{sent.message->bytes()}, from_near);
    if (sent.method() == "CANCEL") CHECK(successor.next().status() == 200);
    std::vector<Sent> passed;
    std::vector<std::string> vias;
    while (!successor.silent()) {
      passed.push_back(successor.next());
      CHECK(passed.back().to() == "10.0.0.9:5060");
      CHECK(passed.back().message->count(HeaderId::Via) == 1);
      CHECK_FALSE(passed.back().message->has(HeaderId::Route));
      CHECK(passed.back().message->request_uri_text() == rings->message->request_uri_text());
      vias.push_back(passed.back().value(HeaderId::Via));
    }
    CHECK(vias.size() == 3);
    CHECK(std::count(vias.begin(), vias.end(), std::string{rings->message->field(0).value}) == 1);
    return passed;
  }

  World edge;
  World near{"127.0.0.12"};
  World successor;
  const proxy::Flow from_near{sip::Transport::Udp, 0, *proxy::Endpoint::parse("127.0.0.12:5060"),
                              0};
  std::optional<Sent> hop;    ///< The INVITE from `near` to `edge` …
  std::optional<Sent> rings;  ///< … and from there to the phone.
};

}  // namespace

TEST_CASE("A ringing call of a lost node is answered at the next one", "[proxy][resumption]") {
  LostCall call{2};
  call.ring(0);
  call.ring(1);
  call.lose();
  call.respond(0, 200);

  CHECK(call.survivor.next().status() == 100);
  const auto ok = call.survivor.next();
  CHECK(ok.status() == 200);
  CHECK(ok.to() == "127.0.0.1:5070");
  CHECK(ok.message->count(HeaderId::Via) == 1);
  // The other phone stops ringing: its CANCEL has the branch that the lost node chose.
  const auto cancel = call.survivor.next();
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.to() == "10.0.0.2:5060");
  CHECK(cancel.value(HeaderId::Via) == call.phones[1].message->field(0).value);
  CHECK(cancel.message->request_uri_text() == "sip:phone@10.0.0.2:5060");
  call.respond(1, 487);
  CHECK(call.survivor.next().method() == "ACK");
  CHECK(call.survivor.silent());
  CHECK(call.entry().events == Events{"started", "ringing", "answered"});
  CHECK(call.entry().callee().tag() == "phone0");
  CHECK_FALSE(call.entry().record().has_early());
  CHECK(call.survivor.metrics.resumed.Value() == 1);
}

TEST_CASE("A call whose phone had not said a word is resumed too", "[proxy][resumption]") {
  LostCall call{1};
  call.lose();
  call.respond(0, 180);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 180);
  call.respond(0, 200);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.survivor.silent());
  CHECK(call.entry().events == Events{"started", "ringing", "answered"});
}

TEST_CASE("The caller's CANCEL reaches the phones through the next node", "[proxy][resumption]") {
  LostCall call{2};
  call.ring(0);
  call.lose();
  call.survivor.receive(call.cancel());
  CHECK(call.survivor.next().status() == 100);
  const auto ok = call.survivor.next();
  CHECK(ok.status() == 200);
  CHECK(ok.value(HeaderId::CSeq) == "1 CANCEL");
  for (std::size_t i = 0; i < 2; ++i) {
    const auto cancel = call.survivor.next();
    CHECK(cancel.method() == "CANCEL");
    CHECK(cancel.value(HeaderId::Via) == call.phones[i].message->field(0).value);
  }
  call.respond(0, 487);
  call.respond(1, 487);
  CHECK(call.survivor.next().method() == "ACK");
  CHECK(call.survivor.next().method() == "ACK");
  CHECK(call.survivor.next().status() == 487);
  CHECK(call.survivor.silent());
  CHECK(call.entry().events == Events{"started", "ringing", "ended"});
  CHECK(call.entry().end().hung_up_by == events::v1::CALL_PARTY_CALLER);
  CHECK(call.survivor.early.empty());
}

TEST_CASE("A busy phone's answer is acknowledged and told to the caller", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.respond(0, 486);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().method() == "ACK");
  const auto busy = call.survivor.next();
  CHECK(busy.status() == 486);
  CHECK(call.entry().end().outcome == events::v1::CALL_OUTCOME_BUSY);
}

TEST_CASE("What a phone had refused before the loss is remembered", "[proxy][resumption]") {
  LostCall call{2};
  call.ring(1);
  call.lost.receive_bytes(answer(call.phones[0], 486, "phone0"), call.phones[0].flow);
  call.lose();
  call.respond(1, 404);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().method() == "ACK");
  CHECK(call.survivor.next().status() == 486);
  CHECK(call.survivor.silent());
}

TEST_CASE("Timer C goes on where it stood", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose(170s);
  const auto& early = call.entry().record().early();
  const auto stored = sip::parse_stored(early.invite());
  REQUIRE(stored);
  call.survivor.resumption.take(stored->get(), {});  // as when the record's lease ran out
  CHECK(call.survivor.next().status() == 100);
  call.survivor.advance(9s);
  CHECK(call.survivor.silent());
  call.survivor.advance(2s);
  CHECK(call.survivor.next().method() == "CANCEL");
  CHECK(call.survivor.next().status() == 408);
  call.survivor.forget_sent();
  call.respond(0, 487);
  CHECK(call.survivor.next().method() == "ACK");
  CHECK(call.entry().end().outcome == events::v1::CALL_OUTCOME_NO_ANSWER);
}

TEST_CASE("The caller repeats its INVITE to the next node", "[proxy][resumption]") {
  LostCall call{1};
  call.lose();
  call.survivor.receive(call.text);
  CHECK(call.survivor.next().status() == 100);
  const auto again = call.survivor.next();
  CHECK(again.method() == "INVITE");
  CHECK(again.value(HeaderId::Via) == call.phones[0].message->field(0).value);
  call.respond(0, 200);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.entry().events == Events{"started", "answered"});
  CHECK(call.survivor.records.calls.size() == 1);
}

TEST_CASE("The same call by another way is still a merged request", "[proxy][resumption]") {
  LostCall call{1};
  call.lose();
  auto other = call.text;
  other.replace(other.find("authorizedone"), 13, "otherwise");
  call.survivor.receive(other);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 482);
  CHECK(call.survivor.metrics.resumed.Value() == 0);
}

TEST_CASE("Messages that come while the record is looked for wait", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.survivor.records.held = true;
  call.respond(0, 180);
  call.respond(0, 200);
  call.survivor.receive(call.cancel());
  CHECK(call.survivor.silent());
  call.survivor.records.release();
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 180);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.survivor.next().value(HeaderId::CSeq) == "1 CANCEL");
  CHECK(call.survivor.silent());
  CHECK(call.entry().events.back() == "answered");
}

TEST_CASE("A call that its own process has is not taken from it", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose_to_own_process();
  call.respond(0, 180);
  CHECK(call.survivor.next().status() == 180);  // stateless
  CHECK(call.survivor.metrics.resumed.Value() == 0);
}

TEST_CASE("What comes while another worker takes the call over waits for its repetition",
          "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose_to_own_process();
  SECTION("a CANCEL") { call.survivor.receive(call.cancel()); }
  SECTION("an answer") { call.respond(0, 200); }
  CHECK(call.survivor.silent());
  CHECK(call.survivor.refused(proxy::Refusal::RecordAway) == 1);
}

TEST_CASE("An INVITE that another worker has taken over is left to it", "[proxy][resumption]") {
  LostCall call{1};
  call.lose_to_own_process();
  call.survivor.receive(call.text);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.silent());
  CHECK(call.survivor.layer.working() == 0);
}

TEST_CASE("The INVITE comes again while an answer takes the call over", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.survivor.records.held = true;
  call.respond(0, 200);
  call.survivor.receive(call.text);
  CHECK(call.survivor.next().status() == 100);
  call.survivor.records.release();
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.survivor.silent());
  CHECK(call.entry().events == Events{"started", "ringing", "answered"});
}

TEST_CASE("A response that is none to the record's INVITE takes nothing over",
          "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  auto forged = answer(call.phones[0], 200, "phone0");
  forged.replace(forged.find("authorizedone"), 13, "inventedtwo12");
  call.survivor.receive_bytes(forged, call.phones[0].flow);
  CHECK(call.survivor.silent());
  CHECK(call.survivor.refused(proxy::Refusal::StrayResponse) == 1);
  CHECK(call.entry().events == Events{"started", "ringing"});
  CHECK(call.survivor.metrics.resumed.Value() == 0);
}

TEST_CASE("A node that lives keeps its calls", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  World elsewhere{"127.0.0.12"};
  elsewhere.inherit(call.lost);
  const auto& owner = call.lost.settings;
  elsewhere.see({{owner.node, owner.boot}});
  elsewhere.receive_bytes(answer(call.phones[0], 200, "phone0"), call.phones[0].flow);
  elsewhere.receive(call.cancel());
  CHECK(elsewhere.silent());  // its senders repeat both
  CHECK(elsewhere.refused(proxy::Refusal::RecordAway) == 2);
  CHECK(elsewhere.records.only().record().early().boot() == call.lost.settings.boot);

  // Its node started again, without the call.
  elsewhere.peers.set({{owner.node, owner.boot + 100}}, elsewhere.node.now_s());
  elsewhere.receive(call.cancel());
  CHECK(elsewhere.silent());  // not at once: a lease may be written a moment late
  elsewhere.see({{owner.node, owner.boot + 100}});
  elsewhere.receive(call.cancel());
  CHECK(elsewhere.next().status() == 100);
  CHECK(elsewhere.next().value(HeaderId::CSeq) == "1 CANCEL");
}

TEST_CASE("A call whose node is gone for good is answered at another one", "[proxy][resumption]") {
  LostCall call{2};
  call.ring(0);
  call.ring(1);
  World elsewhere{"127.0.0.12"};
  elsewhere.inherit(call.lost);
  elsewhere.receive_bytes(answer(call.phones[0], 200, "phone0"), call.phones[0].flow);
  CHECK(elsewhere.next().status() == 100);
  const auto ok = elsewhere.next();
  CHECK(ok.status() == 200);
  CHECK(ok.to() == "127.0.0.1:5070");
  // For the phone the CANCEL is of the transaction that it knows: branch and sent-by.
  const auto cancel = elsewhere.next();
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.to() == "10.0.0.2:5060");
  CHECK(cancel.value(HeaderId::Via) == call.phones[1].message->field(0).value);
  CHECK(elsewhere.records.only().events == Events{"started", "ringing", "answered"});
}

TEST_CASE("A caller gives up through a node that never saw its call", "[proxy][resumption]") {
  LostCall call{2};
  call.ring(0);
  World elsewhere{"127.0.0.12"};
  elsewhere.inherit(call.lost);
  SECTION("the caller") {
    elsewhere.receive(call.cancel());
    CHECK(elsewhere.next().status() == 100);
    CHECK(elsewhere.next().value(HeaderId::CSeq) == "1 CANCEL");
    for (std::size_t i = 0; i < 2; ++i) {
      CHECK(elsewhere.next().value(HeaderId::Via) == call.phones[i].message->field(0).value);
    }
  }
  SECTION("not a phone that knows the Via") {
    elsewhere.receive(call.cancel(), "10.0.0.2:5060");
    CHECK(elsewhere.next().status() == 481);
    CHECK(elsewhere.metrics.resumed.Value() == 0);
  }
  CHECK(elsewhere.silent());
}

TEST_CASE("A call of a lost node rings on at phones of several nodes", "[proxy][resumption]") {
  World edge{"127.0.0.12"};
  World lost;
  lost.bind(1, "1002@hq.test", "10.0.0.1:5060");
  lost.bind(1, "1002@hq.test", "10.0.0.2:5060", edge.path_to("10.0.0.2:5060"));
  lost.receive(lost.authorized(invite()));
  lost.next();
  const auto near = lost.next();
  const auto far = lost.next();
  edge.receive_bytes(std::string{far.message->bytes()}, far.flow);
  edge.next();
  const auto rings = edge.next();
  edge.receive_bytes(answer(rings, 180, "far"), rings.flow);
  CHECK(edge.next().status() == 180);
  edge.inherit(lost);
  lost.forget_sent();
  // The survivor is the very node that the second phone is behind.
  edge.receive_bytes(answer(near, 200, "near"), near.flow);
  CHECK(edge.next().status() == 100);
  CHECK(edge.next().status() == 200);
  const auto cancel = edge.next();
  CHECK(cancel.method() == "CANCEL");
  CHECK(cancel.to() == "127.0.0.12:5060");  // itself, as the lost one would
  edge.receive_bytes(std::string{cancel.message->bytes()},
                     {sip::Transport::Udp, 0, *proxy::Endpoint::parse("127.0.0.12:5060"), 0});
  CHECK(edge.next().value(HeaderId::CSeq) == "1 CANCEL");
  const auto passed = edge.next();
  CHECK(passed.method() == "CANCEL");
  CHECK(passed.to() == "10.0.0.2:5060");
  CHECK(passed.value(HeaderId::Via) == rings.message->field(0).value);
}

TEST_CASE("A phone behind another node answers a call whose own node is gone",
          "[proxy][resumption]") {
  World edge{"127.0.0.12"};
  World lost;
  lost.bind(1, "1002@hq.test", "10.0.0.2:5060", edge.path_to("10.0.0.2:5060"));
  lost.receive(lost.authorized(invite()));
  lost.next();
  const auto far = lost.next();
  edge.receive_bytes(std::string{far.message->bytes()}, far.flow);
  edge.next();
  const auto rings = edge.next();
  edge.inherit(lost);
  const auto own = edge.addresses.home_near(0);
  edge.see({{edge.settings.node, edge.settings.boot, {own}}});
  const int code = GENERATE(200, 486);
  edge.receive_bytes(answer(rings, code, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                     rings.flow);
  if (code == 486) CHECK(edge.next().method() == "ACK");
  const auto copy = edge.next();
  CHECK(copy.status() == code);
  CHECK(copy.to() == "127.0.0.12:5060");
  CHECK(edge.next().to() == "127.0.0.12:5060");  // where the INVITE came from, in this test
  edge.receive_bytes(std::string{copy.message->bytes()}, copy.flow);
  CHECK(edge.next().status() == 100);
  auto heard = edge.next();
  if (code == 486) {
    CHECK(heard.method() == "ACK");  // to itself, as the first hop
    heard = edge.next();
  }
  CHECK(heard.status() == code);
  CHECK(heard.to() == "127.0.0.1:5070");
}

TEST_CASE("While records cannot be read, only ringing goes on", "[proxy][resumption]") {
  LostCall call{1};
  call.lose();
  call.survivor.records.down = true;
  call.respond(0, 180);
  CHECK(call.survivor.next().status() == 180);
  call.respond(0, 200);
  call.survivor.receive(call.cancel());
  CHECK(call.survivor.silent());
  CHECK(call.survivor.refused(proxy::Refusal::RecordAway) == 2);

  // The phone repeats its answer, and now there is somebody to book it.
  call.survivor.records.down = false;
  call.respond(0, 200);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.entry().events == Events{"started", "answered"});
}

TEST_CASE("An INVITE that comes again while records cannot be read may be tried elsewhere",
          "[proxy][resumption]") {
  LostCall call{1};
  call.lose();
  call.survivor.records.held = true;
  call.survivor.receive(call.text);
  CHECK(call.survivor.next().status() == 100);
  call.survivor.records.release_one();
  call.survivor.records.down = true;
  call.survivor.records.release();
  const auto refusal = call.survivor.next();
  CHECK(refusal.status() == 503);
  CHECK(refusal.message->has(HeaderId::RetryAfter));
  CHECK(call.entry().events == Events{"started"});
}

TEST_CASE("Bindings that cannot be read are not none", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.survivor.locations.down = true;
  SECTION("the phone that answers is known by its answer") {
    call.respond(0, 200);
    CHECK(call.survivor.next().status() == 100);
    CHECK(call.survivor.next().status() == 200);
    CHECK(call.entry().events.back() == "answered");
  }
  SECTION("a caller whom nobody can connect may try again") {
    const auto stored = sip::parse_stored(call.entry().record().early().invite());
    REQUIRE(stored);
    call.survivor.resumption.take(stored->get(), {});
    CHECK(call.survivor.next().status() == 100);
    const auto refusal = call.survivor.next();
    CHECK(refusal.status() == 503);
    CHECK(refusal.message->has(HeaderId::RetryAfter));
    CHECK(call.entry().end().sip_code == 503);
  }
}

TEST_CASE("A record whose INVITE makes no sense is closed with a reason", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.survivor.records.calls.begin()->second.call.record.mutable_early()->set_invite("nonsense");
  call.respond(0, 486);
  CHECK(call.survivor.next().status() == 486);  // stateless
  CHECK(call.entry().events.back() == "ended");
  CHECK(call.entry().end().reason == "What is stored of the call cannot be read.");
}

TEST_CASE("A phone that answers need not be registered any more", "[proxy][resumption]") {
  LostCall call{1};
  call.ring(0);
  call.lose();
  call.survivor.locations.bindings.clear();
  call.survivor.settings.node = call.survivor.records.owner = "survivor";
  call.respond(0, 200);
  CHECK(call.survivor.next().status() == 100);
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.survivor.silent());
  CHECK(call.entry().events.back() == "answered");
  CHECK(call.entry().record().owner() == "survivor");
  CHECK(call.entry().callee().flow() != "");
  call.respond(0, 200);  // the caller's ACK was lost
  CHECK(call.survivor.next().status() == 200);
  CHECK(call.entry().events.size() == 3);
}

TEST_CASE("A CANCEL reaches the phone through the successor of its own node",
          "[proxy][resumption]") {
  LostSecondHop call;
  call.ring();
  const auto passed = call.pass_on(call.cancel());
  CHECK(passed.front().method() == "CANCEL");
}

TEST_CASE("A refusal is acknowledged through the successor of the phone's own node",
          "[proxy][resumption]") {
  LostSecondHop call;
  call.ring();
  const bool cancelled = GENERATE(true, false);
  if (cancelled) call.pass_on(call.cancel());
  for (int repeated = 0; repeated < 2; ++repeated) {
    call.successor.receive_bytes(answer(*call.rings, cancelled ? 487 : 486), call.rings->flow);
    const auto refusal = call.successor.next();
    CHECK(refusal.to() == "127.0.0.12:5060");
    call.near.receive_bytes(std::string{refusal.message->bytes()}, refusal.flow);
    const auto ack = call.near.next();
    REQUIRE(ack.method() == "ACK");
    const auto passed = call.pass_on(ack);
    CHECK(passed.front().method() == "ACK");
    CHECK(passed.front().value(HeaderId::To).find(";tag=callee") != std::string::npos);
    CHECK(passed.front().value(HeaderId::CSeq) == "1 ACK");
    call.near.forget_sent();  // what the caller hears
  }
  CHECK(call.successor.refused(proxy::Refusal::StrayAck) == 0);
}

TEST_CASE("The record of an early call tells no credentials and no media", "[proxy][resumption]") {
  LostCall call{1};
  const auto& invite = call.lost.records.only().record().early().invite();
  CHECK(invite.find("Authorization") == std::string::npos);
  const auto stored = sip::parse_stored(invite);
  REQUIRE(stored);
  CHECK(stored->get().body().empty());
}

TEST_CASE("An answer to a call that is over is hung up, however late it comes",
          "[proxy][resumption]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.receive(world.authorized(invite()));
  world.next();
  const auto sent = world.next();
  const auto bytes = answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n");
  SECTION("nobody had answered") {
    world.advance(std::chrono::minutes{4});
    REQUIRE(world.records.only().ended());
  }
  SECTION("it is known no more") {
    world.advance(std::chrono::minutes{4});
    world.records.calls.clear();
  }
  world.forget_sent();
  world.receive_bytes(bytes, sent.flow);
  const auto bye = world.next();
  CHECK(bye.method() == "BYE");
  CHECK(bye.to() == "10.0.0.2:5060");
  CHECK(bye.message->to()->tag() == "callee");
  CHECK(world.silent());  // its caller hears nothing of it
}

TEST_CASE("An answer that comes again when its transaction is gone goes up while the call is up",
          "[proxy][resumption]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.receive(world.authorized(invite()));
  world.next();
  const auto sent = world.next();
  world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      sent.flow);
  world.advance(std::chrono::minutes{1});
  world.forget_sent();
  const std::string tag = GENERATE("callee", "another");
  world.receive_bytes(answer(sent, 200, tag, "Contact: <sip:phone@10.0.0.2:5060>\n"), sent.flow);
  CHECK(world.next().status() == 200);
  CHECK(world.records.only().record().legs_size() == (tag == "another" ? 3 : 2));
  world.records.down = true;
  world.receive_bytes(answer(sent, 200, tag, "Contact: <sip:phone@10.0.0.2:5060>\n"), sent.flow);
  CHECK(world.silent());
}
