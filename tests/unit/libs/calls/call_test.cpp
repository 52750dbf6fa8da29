#include "calls/call.hpp"

#include <catch2/catch.hpp>

#include "calls/dialogs_of.hpp"

using namespace pbx;
using namespace pbx::calls;
using events::v1::CALL_EVENT_KIND_ANSWERED;
using events::v1::CALL_EVENT_KIND_ENDED;
using events::v1::CALL_EVENT_KIND_RINGING;
using Facts = std::vector<events::v1::CallEventKind>;

namespace {

Call begun() {
  state::v1::DialogRecord record;
  record.set_call_id("c1");
  record.set_started_at_ms(1'000);
  record.add_legs()->set_tag("caller");
  record.mutable_early()->set_invite("INVITE");
  return new_call(record);
}

Rang rang(const std::string& tag, std::int64_t at = 1'100) { return {tag, {}, at, {}}; }

Answered answered(const std::string& tag, std::int64_t at = 2'000) {
  Answered event;
  event.callee.set_tag(tag);
  event.callee.set_contact("sip:" + tag + "@phone");
  event.at_ms = at;
  return event;
}

HungUp bye(const std::string& from, const std::string& to, std::int64_t at = 5'000) {
  return {from, to, at, false};
}

NotAnswered refused(std::int64_t at = 3'000) {
  End end;
  end.at_ms = at;
  end.outcome = events::v1::CALL_OUTCOME_BUSY;
  end.sip_code = 486;
  return {end};
}

Call talking() {
  auto call = begun();
  apply(call, rang("callee"));
  apply(call, answered("callee"));
  return call;
}

}  // namespace

TEST_CASE("A call rings, is answered and ends, with an event each", "[calls]") {
  auto call = begun();
  CHECK(call.sequence == 1);
  CHECK(apply(call, rang("callee")).facts == Facts{CALL_EVENT_KIND_RINGING});
  CHECK(apply(call, rang("callee")).reply == Reply::Known);
  CHECK(apply(call, answered("callee")).facts == Facts{CALL_EVENT_KIND_ANSWERED});
  CHECK(apply(call, answered("callee")).reply == Reply::Known);
  CHECK_FALSE(call.record.has_early());
  CHECK(apply(call, bye("callee", "caller")).facts == Facts{CALL_EVENT_KIND_ENDED});
  CHECK(call.sequence == 4);
  REQUIRE(call.end);
  CHECK(call.end->outcome == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(call.end->hung_up_by == events::v1::CALL_PARTY_CALLEE);
  CHECK(call.end->at_ms == 5'000);
}

TEST_CASE("A call ends with the last hang-up of a leg, in whatever order they are confirmed",
          "[calls]") {
  auto call = talking();
  apply(call, answered("second", 2'500));
  const auto [first, then] = GENERATE(table<std::int64_t, std::int64_t>({
      {9'000, 4'000},
      {4'000, 9'000},
  }));
  CHECK(apply(call, bye("caller", "callee", first)).facts.empty());
  SECTION("and the phones hang up") {
    CHECK(apply(call, bye("caller", "second", then)).facts == Facts{CALL_EVENT_KIND_ENDED});
    CHECK(call.end->at_ms == 9'000);
  }
  SECTION("or the platform does") {
    apply(call, Closed{closed("silent", 500, then)});
    CHECK(call.end->at_ms == std::max(first, then));
  }
}

TEST_CASE("A phone that has moved is reached where it is now", "[calls]") {
  auto call = talking();
  const std::string tag = GENERATE("caller", "callee");
  CHECK(apply(call, Moved{tag, "there"}).changed);
  CHECK_FALSE(apply(call, Moved{tag, "there"}).changed);
  CHECK(apply(call, Moved{"stranger", "there"}).reply == Reply::NoDialog);
  CHECK((tag == "caller" ? caller_of(call.record) : callee_of(call.record)).flow() == "there");
  apply(call, bye("caller", "callee"));
  CHECK_FALSE(apply(call, Moved{tag, "elsewhere"}).changed);
}

TEST_CASE("What ended stays ended", "[calls]") {
  auto call = talking();
  apply(call, bye("caller", "callee"));
  const auto version = call.version;
  CHECK(apply(call, bye("caller", "callee", 9'000)).reply == Reply::Known);
  CHECK(apply(call, rang("other")).reply == Reply::Known);
  CHECK(apply(call, refused()).reply == Reply::Known);
  CHECK(apply(call, Closed{closed("late", 500, 9'000)}).reply == Reply::Known);
  CHECK(apply(call, TakenOver{"proxy-2", 1, version}).reply == Reply::Known);
  CHECK(apply(call, answered("callee")).reply == Reply::Late);
  CHECK(call.version == version);
  CHECK(call.end->at_ms == 5'000);
  CHECK_FALSE(may_pass(call, "caller", "callee", false, Knowledge::All));
  CHECK(may_pass(call, "callee", "caller", true, Knowledge::All));  // it has not heard of it
  CHECK_FALSE(may_pass(call, "caller", "invented", true, Knowledge::All));
}

TEST_CASE("A BYE with a tag that no phone told ends nothing", "[calls]") {
  auto call = GENERATE(begun(), talking());
  const auto before = call.version;
  CHECK(apply(call, bye("caller", "invented")).reply == Reply::NoDialog);
  CHECK(apply(call, bye("invented", "caller")).reply == Reply::NoDialog);
  CHECK(apply(call, bye("caller", "")).reply == Reply::NoDialog);
  CHECK(apply(call, bye("caller", "caller")).reply == Reply::NoDialog);
  CHECK(call.version == before);
  CHECK_FALSE(may_pass(call, "caller", "invented", true, Knowledge::All));
  CHECK_FALSE(may_pass(call, "invented", "caller", false, Knowledge::All));
}

TEST_CASE("A callee that rings has no BYE to send", "[calls]") {
  auto call = begun();
  apply(call, rang("callee"));
  CHECK_FALSE(may_pass(call, "callee", "caller", true, Knowledge::All));
  CHECK(may_pass(call, "callee", "caller", false, Knowledge::All));  // UPDATE, INFO
  CHECK(may_pass(call, "caller", "callee", false, Knowledge::All));  // PRACK
  CHECK(apply(call, bye("callee", "caller")).reply == Reply::NoDialog);
  CHECK(apply(call, answered("callee")).reply == Reply::Ok);
}

TEST_CASE("A caller's BYE while it rings ends that dialog and not the call", "[calls]") {
  auto call = begun();
  apply(call, rang("one"));
  apply(call, rang("two"));
  CHECK(apply(call, bye("caller", "one")).facts.empty());
  CHECK_FALSE(call.end);
  CHECK_FALSE(may_pass(call, "caller", "one", false, Knowledge::All));

  SECTION("another phone may answer") {
    CHECK(apply(call, answered("two")).facts == Facts{CALL_EVENT_KIND_ANSWERED});
    CHECK(apply(call, bye("two", "caller")).facts == Facts{CALL_EVENT_KIND_ENDED});
  }
  SECTION("the phone that confirmed it and answers all the same is hung up") {
    const auto late = apply(call, answered("one"));
    CHECK(late.reply == Reply::Late);
    CHECK(late.facts == Facts{CALL_EVENT_KIND_ENDED});
    CHECK(call.end->outcome == events::v1::CALL_OUTCOME_CANCELLED);
    CHECK_FALSE(call.answered());
  }
}

TEST_CASE("Phones that answer at once are legs of one call, which ends with the last", "[calls]") {
  auto call = begun();
  apply(call, rang("one"));
  apply(call, rang("two"));
  apply(call, answered("one"));
  CHECK(apply(call, answered("two", 2'100)).facts.empty());
  CHECK(call.record.answered_at_ms() == 2'000);
  CHECK(apply(call, bye("caller", "one", 2'200)).facts.empty());
  CHECK(may_pass(call, "two", "caller", false, Knowledge::All));
  CHECK_FALSE(may_pass(call, "one", "caller", false, Knowledge::All));
  CHECK(apply(call, bye("two", "caller", 7'000)).facts == Facts{CALL_EVENT_KIND_ENDED});
  CHECK(call.end->at_ms == 7'000);
}

TEST_CASE("A call that nobody answered ends with its refusal", "[calls]") {
  auto call = begun();
  apply(call, rang("callee"));
  CHECK(apply(call, refused()).facts == Facts{CALL_EVENT_KIND_ENDED});
  CHECK(call.end->sip_code == 486);
  CHECK(call.sequence == 3);
}

TEST_CASE("Nobody ends an answered call as one that was not", "[calls]") {
  auto call = talking();
  CHECK(apply(call, refused()).reply == Reply::Known);
  CHECK_FALSE(call.end);
}

TEST_CASE("The platform ends a call whatever it does, and says the truth of it", "[calls]") {
  const auto why = closed("An operator ended the call.", 480, 9'000);
  auto ringing = begun();
  apply(ringing, Closed{why});
  CHECK(ringing.end->outcome == events::v1::CALL_OUTCOME_FAILED);
  CHECK(ringing.end->sip_code == 480);
  auto up = talking();
  apply(up, Closed{why});
  CHECK(up.end->outcome == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(up.end->hung_up_by == events::v1::CALL_PARTY_PLATFORM);
}

TEST_CASE("No call ends before it was answered", "[calls]") {
  auto call = talking();
  apply(call, bye("caller", "callee", 1'500));
  CHECK(call.end->at_ms == call.record.answered_at_ms());
}

TEST_CASE("A BYE proves an answer that a lost node did not write", "[calls]") {
  auto call = begun();
  apply(call, rang("early"));
  CHECK(may_pass(call, "unheard", "caller", true, Knowledge::Record));
  CHECK_FALSE(may_pass(call, "unheard", "stranger", true, Knowledge::Record));
  auto proof = bye("unheard", "caller");
  proof.answer_lost = true;
  CHECK(apply(call, proof).facts == Facts{CALL_EVENT_KIND_ANSWERED, CALL_EVENT_KIND_ENDED});
  CHECK(call.record.answered_at_ms() == call.end->at_ms);
  CHECK(call.sequence == 4);

  auto other = begun();
  auto stranger = bye("x", "y");
  stranger.answer_lost = true;
  CHECK(apply(other, stranger).reply == Reply::NoDialog);
}

TEST_CASE("A call is taken over by one process alone", "[calls]") {
  auto call = begun();
  const auto seen = call.version;
  CHECK(apply(call, TakenOver{"proxy-2", 7, seen}).changed);
  CHECK(apply(call, TakenOver{"proxy-3", 8, seen}).reply == Reply::Conflict);
  CHECK(call.record.owner() == "proxy-2");
  CHECK(call.record.early().boot() == 7);
}

TEST_CASE("The legs of a call are bounded", "[calls]") {
  auto call = begun();
  for (int i = 0; i < 100; ++i) apply(call, rang("tag" + std::to_string(i)));
  CHECK(call.record.legs_size() == 32);
  CHECK(apply(call, answered("tag99")).facts == Facts{CALL_EVENT_KIND_ANSWERED});
  CHECK(callee_of(call.record).tag() == "tag99");
}
