#include "cluster/dialogs.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "cluster/call_event.hpp"
#include "cluster/errc.hpp"
#include "contract/cluster/dialog_fixture.hpp"
#include "core/errc.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using cluster::key_of;
using test::DialogFixture;

namespace {

std::string ids(const cluster::CallPage& page) {
  std::string text;
  for (const auto& dialog : page.dialogs) {
    text += (text.empty() ? "" : " ") + dialog.record.call_id();
  }
  return text;
}

}  // namespace

TEST_CASE_METHOD(DialogFixture, "A call's events are numbered without gaps", "[cluster]") {
  const auto call = record("c1");
  CHECK(begin(call)->sequence == 1);
  CHECK(ringing(call)->sequence == 2);
  CHECK(ringing(call)->sequence == 0);  // another branch rings: nothing new to tell
  CHECK(answered(answer(call, "to"))->sequence == 3);
  const auto ended = end(call);
  REQUIRE(ended);
  CHECK(ended->sequence == 4);
  CHECK(ended->record.state() == state::v1::DIALOG_STATE_ENDED);
  CHECK(ended->record.callee().contact() == "sip:1002@10.0.0.8");
  REQUIRE(ended->end);
  CHECK(ended->end->reason == "the caller hung up");
}

TEST_CASE_METHOD(DialogFixture, "A call may end from every state", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  std::uint32_t last = 1;
  if (GENERATE(false, true)) {
    REQUIRE(ringing(call));
    ++last;
  }
  CHECK(end(call)->sequence == last + 1);
  CHECK(ringing(call).error() == cluster::Errc::AlreadyEnded);
  CHECK(answered(answer(call, "to")).error() == cluster::Errc::AlreadyEnded);
  CHECK(replace(call, 1).error() == cluster::Errc::AlreadyEnded);
}

TEST_CASE_METHOD(DialogFixture, "Nobody ends an answered call as one that was not", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(answered(answer(call, "to")));
  auto late = facts("proxy-2");
  late.outcome = events::v1::CALL_OUTCOME_NO_ANSWER;
  const auto refused = get<cluster::Dialog>(
      [&](auto done) { store.end(key_of(call), TenantId{7}, late, kLease, done); });
  CHECK(refused.error() == cluster::Errc::AlreadyAnswered);
  CHECK(count(7) == 1);
  CHECK(end(call)->sequence == 3);
}

TEST_CASE_METHOD(DialogFixture, "A call ends as answered only when its answer is written",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  const auto end_answered = [&] {
    return get<cluster::Dialog>(
        [&](auto done) { store.end(key_of(call), TenantId{7}, facts("proxy-1"), kLease, done); });
  };
  CHECK(end_answered().error() == cluster::Errc::NotAnswered);
  CHECK(count(7) == 1);
  REQUIRE(answered(answer(call, "to")));
  CHECK(end_answered()->sequence == 3);
  CHECK(count(7) == 0);
}

TEST_CASE_METHOD(DialogFixture, "A note changes what is told of a call and nothing else",
                 "[cluster]") {
  auto call = record("c1");
  REQUIRE(begin(call));
  call.set_caller_name("Ann");
  const auto noted = [&] { return get<cluster::Step>([&](auto done) { store.note(call, done); }); };
  CHECK(noted()->sequence == 0);
  CHECK(load(call)->record.caller_name() == "Ann");
  CHECK(load(call)->record.state() == state::v1::DIALOG_STATE_CALLING);
  CHECK(ringing(call)->sequence == 2);
  REQUIRE(answered(answer(call, "to")));
  CHECK(noted().error() == cluster::Errc::AlreadyAnswered);
}

TEST_CASE_METHOD(DialogFixture, "Exactly one of those who end a call is told so", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(answered(answer(call, "to")));
  redis::Connection other{loop.context, test::options_for(server.uri()), loop.metrics};
  loop.connect(other);
  cluster::Dialogs elsewhere{other, clock};

  std::vector<std::error_code> ends;
  const auto note = [&](Result<cluster::Dialog> dialog) { ends.push_back(dialog.error()); };
  for (int i = 0; i < 4; ++i) {
    store.end(key_of(call), TenantId{7}, facts("proxy-1"), kLease, note);
    elsewhere.end(key_of(call), TenantId{7}, facts("proxy-2"), kLease, note);
  }
  test::run_until(loop.context, [&] { return ends.size() == 8; });
  CHECK(std::count(ends.begin(), ends.end(), std::error_code{}) == 1);
  CHECK(std::count(ends.begin(), ends.end(), make_error_code(cluster::Errc::AlreadyEnded)) == 7);
}

TEST_CASE_METHOD(DialogFixture, "An ended record stays until its event is delivered", "[cluster]") {
  const auto call = answer(record("c1"), "to");
  REQUIRE(begin(call));
  REQUIRE(answered(call));
  const auto ended = end(call);
  const auto kept = load(call);
  REQUIRE(kept);
  CHECK(cluster::ended_event(*kept).SerializeAsString() ==
        cluster::ended_event(*ended).SerializeAsString());
  const auto ttl = ask(redis::Command{"PTTL", redis_keys::dialog("a@b")})->integer();
  CHECK(ttl > 0);

  REQUIRE(forget(call));
  CHECK(load(call).error() == Errc::NotFound);
  CHECK(end(call).error() == Errc::NotFound);
  settle();
  CHECK(keys() == 0);
}

TEST_CASE_METHOD(DialogFixture, "A repeated answer is no second one, another branch's is refused",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  CHECK(answered(answer(call, "to"))->sequence == 2);
  CHECK(answered(answer(call, "to"))->sequence == 0);
  CHECK(answered(answer(call, "other")).error() == cluster::Errc::AlreadyAnswered);
  CHECK(ringing(call).error() == cluster::Errc::AlreadyAnswered);
  CHECK(load(call)->record.callee().tag() == "to");
}

TEST_CASE_METHOD(DialogFixture, "A request that comes again begins no second call", "[cluster]") {
  REQUIRE(begin(record("c1")));
  SECTION("through another node, with another id of ours") {
    CHECK(begin(record("c2")).error() == Errc::AlreadyExists);
    settle();
    CHECK(list(7).size() == 1);
    CHECK(count(7) == 1);
  }
  SECTION("the first reply was lost: the same call is not refused") {
    CHECK(begin(record("c1"))->sequence == 1);
    CHECK(count(7) == 1);
  }
  SECTION("it went on meanwhile") {
    REQUIRE(ringing(record("c1")));
    CHECK(begin(record("c1")).error() == Errc::AlreadyExists);
    CHECK(ringing(record("c1"))->sequence == 0);
  }
}

TEST_CASE_METHOD(DialogFixture, "Calls under one Call-ID do not meet", "[cluster]") {
  const auto mine = record("c1", "same@id", "from", 7);
  const auto theirs = record("c2", "same@id", "from", 8);
  const auto third = record("c3", "same@id", "other", 7);
  REQUIRE(begin(mine));
  REQUIRE(begin(theirs));
  REQUIRE(begin(third));
  CHECK(end(mine)->sequence == 2);
  CHECK(load(theirs)->sequence == 1);
  CHECK(answered(answer(theirs, "to"))->sequence == 2);
  CHECK(find("same@id", "other", "")->record.call_id() == "c3");
  CHECK(find("same@id", "from", "to")->record.call_id() == "c2");
  CHECK(ask(redis::Command{"PTTL", redis_keys::dialog("same@id")})->integer() > 3'600'000);

  SECTION("a Call-ID used again after the end is a new call beside the old one") {
    const auto again = record("c4", "same@id", "from", 7);
    CHECK(begin(again)->sequence == 1);
    CHECK(load(mine)->end);
    REQUIRE(forget(mine));
    CHECK(load(again)->sequence == 1);
  }
  SECTION("their number is bounded") {
    for (int i = 0; i < 13; ++i) {
      REQUIRE(begin(record("x" + std::to_string(i), "same@id", "tag" + std::to_string(i))));
    }
    CHECK(begin(record("y", "same@id", "yet another")).error() == Errc::Overloaded);
    settle();
    CHECK(unfinished().empty());
  }
}

TEST_CASE_METHOD(DialogFixture, "A dialog is found by its tags in either order", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  CHECK(find("a@b", "from", "")->record.call_id() == "c1");
  CHECK(find("a@b", "from", "early")->record.call_id() == "c1");
  CHECK(find("a@b", "early", "from")->record.call_id() == "c1");
  CHECK(find("a@b", "stranger", "").error() == Errc::NotFound);

  REQUIRE(answered(answer(call, "to")));
  CHECK(find("a@b", "from", "to")->record.call_id() == "c1");
  CHECK(find("a@b", "to", "from")->record.call_id() == "c1");
  CHECK(find("a@b", "from", "")->record.call_id() == "c1");
  CHECK(find("a@b", "from", "early").error() == Errc::NotFound);
  CHECK(find("a@b", "", "").error() == Errc::NotFound);
  CHECK(find("other@b", "from", "to").error() == Errc::NotFound);
}

TEST_CASE_METHOD(DialogFixture, "Changes of a live record are ordered by its version",
                 "[cluster]") {
  auto call = answer(record("c1"), "to");
  REQUIRE(begin(call));
  const auto version = answered(call)->version;
  call.mutable_caller()->set_contact("sip:1001@10.0.0.99");
  call.set_owner("proxy-2");
  const auto replaced = replace(call, version);
  REQUIRE(replaced);
  CHECK(replaced->sequence == 0);
  CHECK(replaced->version == version + 1);
  CHECK(load(call)->record.owner() == "proxy-2");
  CHECK(load(call)->record.state() == state::v1::DIALOG_STATE_ANSWERED);
  CHECK(replace(call, version).error() == Errc::Conflict);
  CHECK(replace(record("nobody"), 1).error() == Errc::NotFound);
}

TEST_CASE_METHOD(DialogFixture, "A tenant's active calls are listed newest first, in pages",
                 "[cluster]") {
  for (int i = 0; i < 5; ++i) {
    auto call = record("c" + std::to_string(i), "id" + std::to_string(i));
    call.set_started_at_ms(now_ms() + i);
    REQUIRE(begin(call));
  }
  REQUIRE(begin(record("x", "x@y", "from", 8)));
  settle();
  CHECK(count(7) == 5);
  CHECK(list(8).size() == 1);
  const auto first = page(7, std::nullopt, 2);
  CHECK(ids(first) == "c4 c3");
  CHECK(first.more);
  const auto second = page(7, first.last, 3);
  CHECK(ids(second) == "c2 c1 c0");
  CHECK_FALSE(second.more);
  CHECK_FALSE(page(7, second.last, 3).last);
  CHECK_FALSE(page(7, std::nullopt, 0).last);

  REQUIRE(end(record("c3", "id3")));
  settle();
  CHECK(count(7) == 4);

  // A record that is gone without an end is seen through.
  REQUIRE(ask(redis::Command{"DEL", redis_keys::dialog("id1")}));
  CHECK(list(7).size() == 3);
}

TEST_CASE_METHOD(DialogFixture, "Pages meet, whatever begins and ends meanwhile", "[cluster]") {
  const auto start = now_ms();
  const auto ring = [&](const std::string& id, std::int64_t at) {
    auto call = record(id, "at-" + id);
    call.set_started_at_ms(at);
    REQUIRE(begin(call));
    settle();
  };
  // Six of one millisecond, in whatever shards they are, and some before and after.
  for (const auto* id : {"b5", "b0", "b3", "b1", "b4", "b2"}) ring(id, start);
  ring("a0", start + 1);
  ring("c0", start - 1);
  ring("c1", start - 2);

  const auto first = page(7, std::nullopt, 3);
  CHECK(ids(first) == "a0 b0 b1");
  ring("a1", start + 2);
  REQUIRE(end(record("b0", "at-b0")));
  REQUIRE(end(record("b1", "at-b1")));
  settle();
  const auto second = page(7, first.last, 3);
  CHECK(ids(second) == "b2 b3 b4");

  // All of a page vanish between being found and being read: the list goes on behind them.
  for (const auto* id : {"b5", "c0"}) {
    REQUIRE(ask(redis::Command{"DEL", redis_keys::dialog("at-" + std::string{id})}));
  }
  const auto third = page(7, second.last, 2);
  CHECK(third.dialogs.empty());
  CHECK(third.more);
  const auto fourth = page(7, third.last, 2);
  CHECK(ids(fourth) == "c1");
  CHECK_FALSE(fourth.more);
}

TEST_CASE_METHOD(DialogFixture, "A call's legs are found by our call id", "[cluster]") {
  REQUIRE(begin(record("c1", "leg-a")));
  REQUIRE(begin(record("c1", "leg-b", "other")));
  settle();
  const auto legs = [&] {
    auto found = get<std::vector<cluster::Dialog>>([&](auto done) { store.load_call("c1", done); });
    REQUIRE(found);
    std::set<std::string> ids;
    for (const auto& leg : *found) ids.insert(leg.record.sip_call_id());
    return ids;
  };
  CHECK(legs() == std::set<std::string>{"leg-a", "leg-b"});
  REQUIRE(end(record("c1", "leg-a")));
  REQUIRE(forget(record("c1", "leg-a")));
  CHECK(legs() == std::set<std::string>{"leg-b"});
  CHECK(
      get<std::vector<cluster::Dialog>>([&](auto done) { store.load_call("c*", done); })->empty());
}

TEST_CASE_METHOD(DialogFixture, "A record that Redis has lost is written as it was, and goes on",
                 "[cluster]") {
  auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(ringing(call));
  const auto before = load(call);
  REQUIRE(before);
  const auto restore = [&] {
    return get<bool>([&](auto done) { store.restore(*before, kLease, std::move(done)); });
  };
  CHECK_FALSE(*restore());  // nothing is lost
  REQUIRE(ask(redis::Command{"FLUSHALL"}));
  REQUIRE(load(call).error() == pbx::Errc::NotFound);
  CHECK(*restore());
  settle();
  CHECK(count(7) == 1);
  const auto after = load(call);
  REQUIRE(after);
  CHECK(after->sequence == 2);
  CHECK(after->record.state() == state::v1::DIALOG_STATE_RINGING);
  CHECK(unfinished().empty());
  const auto answer_step = answered(answer(call, "to"));
  REQUIRE(answer_step);
  CHECK(answer_step->sequence == 3);
  const auto ended = end(call);
  REQUIRE(ended);
  CHECK(ended->sequence == 4);
  CHECK_FALSE(*restore());  // it has ended, and stays so until it is forgotten
}

TEST_CASE_METHOD(DialogFixture, "Long and strange identifiers are kept as they are", "[cluster]") {
  auto call =
      record("c1", "{we}ird \r\n \xC3\xA9 id@" + std::string(500, 'x'), std::string(300, 't'));
  REQUIRE(begin(call));
  auto reason = facts();
  reason.outcome = events::v1::CALL_OUTCOME_FAILED;
  reason.reason = std::string(100'000, 'r');
  const auto ended = get<cluster::Dialog>(
      [&](auto done) { store.end(key_of(call), TenantId{7}, reason, kLease, done); });
  REQUIRE(ended);
  CHECK(ended->record.sip_call_id() == call.sip_call_id());
  CHECK(ended->end->reason.size() == 512);
  CHECK(find(call.sip_call_id(), std::string(300, 't'), "")->record.call_id() == "c1");
}
