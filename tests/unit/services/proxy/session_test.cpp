#include <catch2/catch.hpp>

#include "proxy/domain/session_watch.hpp"
#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using proxy::SessionCheck;
using proxy::Side;
using proxy::Word;
using sip::HeaderId;
using test::answer;
using test::World;

namespace {

constexpr auto kUnclear = 1h;

/// An answered call of 1001 (127.0.0.1:5070) to 1002 (10.0.0.2:5060), begun at a node that is lost
/// and adopted by `node`.
struct Adopted {
  explicit Adopted(const std::string& host = "127.0.0.11") : node{host} {
    World lost;
    lost.bind(1, "1002@hq.test", "10.0.0.2:5060");
    lost.receive(lost.authorized(test::invite()));
    lost.next();
    const auto sent = lost.next();
    lost.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                       sent.flow);
    node.inherit(lost);
    node.see({{"survivor", 8, {node.addresses.home_near(0)}}});
    auto record = lost.records.only().record();
    record.set_owner(node.settings.node);
    const auto now = node.clock.steady();
    watch.add(record, {now, now});
    watch.run();
  }
  void pass(std::chrono::milliseconds time) {
    for (; time >= 1s; time -= 1s) {
      node.advance(1s);
      watch.run();
    }
  }
  /// Answers the next question. It goes through this node itself when it has the lost one's
  /// address, and here is what would come back.
  void respond(int code) {
    const auto question = node.next();
    REQUIRE(question.method() == "INFO");
    node.receive_bytes(answer(question, code), question.flow);
  }
  const fakes::MemoryCallRecords::Entry& entry() const { return node.records.only(); }

  World node;
  bool goes_on = true;
  int settled = 0;
  proxy::SessionWatch watch{
      {node.node, node.layer, node.records, node.locations,
       [this](const state::v1::DialogRecord&) { return goes_on; },
       [this](const state::v1::DialogRecord&, const proxy::Confirmed&) { ++settled; }}};
};

}  // namespace

TEST_CASE("What an answer says about the call", "[proxy][session]") {
  const auto [code, word] = GENERATE(table<int, std::optional<Word>>({
      {200, Word::Has},
      {500, Word::Has},  // out of order, so within a dialog
      {469, Word::Has},
      {488, Word::Has},  // baresip, which has heard no request of the other phone yet
      {481, Word::HasNot},
      {405, Word::Unclear},  // methods are judged before dialogs
      {480, Word::Unclear},
      {503, Word::Unclear},
      {408, std::nullopt},
      {430, std::nullopt},  // its connection is gone
  }));
  CAPTURE(code);
  CHECK(proxy::word_of(code) == word);
}

TEST_CASE("A call goes on as long as both phones say so", "[proxy][session]") {
  Clock::Steady now{};
  SessionCheck check{{now, now}};
  for (int round = 0; round < 100; ++round) {
    check.ask();
    now += 1min;
    check.hear(Side::Caller, Word::Has, now);
    check.hear(Side::Callee, Word::Has, now);
    CHECK_FALSE(check.over(now, kUnclear));
  }
  CHECK(check.talked_until(now + 1min) == now + 1min);
}

TEST_CASE("What one phone says takes no time off the other's", "[proxy][session]") {
  const Clock::Steady begun{};
  const auto later = begun + 5min;
  const auto now = later + 1min;
  SessionCheck check{{begun, later}};  // the caller was never heard to have it, the callee was
  check.ask();
  SECTION("silence of both") { CHECK(check.talked_until(now) == later); }
  SECTION("a word of the other") {
    check.hear(Side::Callee, Word::Has, now);
    CHECK(check.talked_until(now + 1s) == now + 1s);
  }
  SECTION("the end at one, while the other has it") {
    check.hear(Side::Caller, Word::HasNot, now);
    check.hear(Side::Callee, Word::Has, now);
    CHECK(check.talked_until(now) == now);
  }
  SECTION("the end at both") {
    check.hear(Side::Caller, Word::HasNot, now);
    check.hear(Side::Callee, Word::HasNot, now);
    CHECK(check.talked_until(now) == later);
  }
}

TEST_CASE("A call is over when a phone does not have it", "[proxy][session]") {
  Clock::Steady now{};
  SessionCheck check{{now, now}};
  const auto side = GENERATE(Side::Caller, Side::Callee);
  check.ask();
  check.hear(side, Word::HasNot, now);
  CHECK(check.over(now, kUnclear));
}

TEST_CASE("A phone may miss three questions in a row, and not four", "[proxy][session]") {
  Clock::Steady now{};
  SessionCheck check{{now, now}};
  for (int i = 0; i < 3; ++i) check.ask();
  CHECK_FALSE(check.over(now, kUnclear));
  check.hear(Side::Caller, Word::Has, now);
  check.ask();
  CHECK(check.over(now, kUnclear));  // the callee
}

TEST_CASE("A phone that cannot tell is believed for a limited time", "[proxy][session]") {
  Clock::Steady now{};
  SessionCheck check{{now, now}};
  for (; now < Clock::Steady{} + kUnclear; now += 1min) {
    check.ask();
    check.hear(Side::Caller, Word::Has, now);
    check.hear(Side::Callee, Word::Unclear, now);
    CHECK_FALSE(check.over(now, kUnclear));
  }
  CHECK(check.over(now, kUnclear));
}

TEST_CASE("Both phones of an adopted call are asked in its dialog", "[proxy][session]") {
  Adopted call;
  for (const bool caller : {true, false}) {
    const auto question = call.node.next();
    CHECK(question.method() == "INFO");
    CHECK(question.to() == (caller ? "127.0.0.1:5070" : "10.0.0.2:5060"));
    CHECK_FALSE(question.message->has(HeaderId::Route));
    CHECK(question.value(HeaderId::CSeq) == "0 INFO");
    CHECK(question.value(HeaderId::CallId) == "call-1");
    CHECK(question.message->body().empty());
    CHECK(question.message->to()->tag() == (caller ? "caller" : "callee"));
    CHECK(question.message->from()->tag() == (caller ? "callee" : "caller"));
  }
}

TEST_CASE("A node without the lost one's address asks through it and around it in turn",
          "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  for (int round = 0; round < 4; ++round) {
    for (const bool caller : {true, false}) {
      const auto question = call.node.next();
      CHECK(question.method() == "INFO");
      const bool around = round % 2 == 1;
      const std::string phone = caller ? "127.0.0.1:5070" : "10.0.0.2:5060";
      CHECK(question.to() == (around ? phone : "127.0.0.11:5060"));
      CHECK(question.message->has(HeaderId::Route) != around);
      // The callee is never heard, so both are asked again.
      call.node.receive_bytes(answer(question, caller ? 200 : 408), question.flow);
    }
    call.node.forget_sent();
    if (round < 3) call.pass(60s);
  }
}

TEST_CASE("A call whose phones have it is left alone until its next turn", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  call.respond(200);
  call.respond(500);
  CHECK(call.node.silent());
  call.pass(300s);
  CHECK(call.node.silent());
  CHECK(call.settled == 1);
  CHECK(call.watch.size() == 0);
  CHECK_FALSE(call.entry().ended());
  CHECK(call.node.metrics.phones_asked.Value() == 2);
}

TEST_CASE("It is enough when a phone is heard by one of the two ways", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  for (int round = 0; round < 12; ++round) {
    while (!call.node.silent()) {
      const auto question = call.node.next();
      if (question.to() == "127.0.0.11:5060") continue;  // nobody's address now
      call.node.receive_bytes(answer(question, 200), question.flow);
    }
    call.pass(60s);
  }
  CHECK(call.settled == 1);
  CHECK_FALSE(call.entry().ended());
}

TEST_CASE("A call that has lasted too long is ended at both sides", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  call.node.forget_sent();
  call.watch.end(call.entry().record(), "Too long.", call.node.clock.steady());
  CHECK(call.node.next().method() == "BYE");
  CHECK(call.node.next().method() == "BYE");
  REQUIRE(call.entry().ended());
  CHECK(call.entry().end().reason == "Too long.");
  CHECK(call.entry().end().outcome == events::v1::CALL_OUTCOME_ANSWERED);
}

TEST_CASE("An adopted call that a phone does not have is ended at both", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  call.respond(200);
  const auto question = call.node.next();
  call.pass(1s);
  call.node.forget_sent();  // the question again
  call.node.receive_bytes(answer(question, 481), question.flow);
  const auto ended_at = call.node.clock.now().time_since_epoch().count() + 1'000;
  call.pass(1s);
  for (int i = 0; i < 2; ++i) {
    const auto bye = call.node.next();
    CHECK(bye.method() == "BYE");
    CHECK(bye.to() == "127.0.0.11:5060");  // where the phones were heard
  }
  CHECK(call.watch.size() == 0);
  REQUIRE(call.entry().ended());
  CHECK(call.entry().end().outcome == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(call.entry().end().hung_up_by == events::v1::CALL_PARTY_PLATFORM);
  CHECK(call.entry().end().at_ms == ended_at);  // the other phone had it until then
  CHECK(call.node.metrics.found_over.Value() == 1);
}

TEST_CASE("An adopted call whose phones are silent ends after four rounds", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  call.pass(239s);
  CHECK_FALSE(call.entry().ended());
  call.pass(2s);
  CHECK(call.entry().ended());
  CHECK(call.entry().end().reason == "A phone did not answer any more.");
}

TEST_CASE("A silent phone is looked for where its user has registered since", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  auto& node = call.node;
  node.locations.bindings.clear();
  node.bind(1, "1002@hq.test", "10.0.0.9:5062");
  const auto code = GENERATE(200, 500, 481, 405);
  CAPTURE(code);
  bool asked_there = false;
  for (int round = 0; round < 5; ++round) {
    while (!node.silent()) {
      const auto sent = node.next();
      if (sent.message->to()->tag() == "caller" && sent.method() == "INFO") {
        node.receive_bytes(answer(sent, 200), sent.flow);
      } else if (sent.to() == "10.0.0.9:5062" && sent.method() == "INFO") {
        asked_there = true;
        node.receive_bytes(answer(sent, code), sent.flow);
      }
    }
    call.pass(60s);
  }
  CHECK(asked_there);
  const bool has = code == 200 || code == 500;
  CHECK(call.entry().ended() != has);
  if (!has) return;
  CHECK(call.settled >= 1);
  CHECK(node.tokens.read_flow(call.entry().callee().flow())->remote.to_string() == "10.0.0.9:5062");
}

TEST_CASE("A call that has ended by itself is not asked for any more", "[proxy][session]") {
  Adopted call{"127.0.0.12"};
  call.node.forget_sent();
  call.goes_on = false;
  call.pass(60s);
  CHECK(call.watch.size() == 0);
  CHECK_FALSE(call.entry().ended());
}
