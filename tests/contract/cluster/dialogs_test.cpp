#include "cluster/dialogs.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <set>

#include "calls/dialogs_of.hpp"
#include "cluster/call_event.hpp"
#include "contract/cluster/dialog_fixture.hpp"
#include "core/errc.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using calls::key_of;
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

TEST_CASE_METHOD(DialogFixture, "A call's steps are written one after the other", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  CHECK(tell(call, calls::Rang{"to", {}, 1, {}})->sequence == 2);
  CHECK(tell(call, answer("to"))->sequence == 3);
  CHECK(load(call)->record.state() == state::v1::DIALOG_STATE_ANSWERED);
  CHECK(tell(call, hang_up())->sequence == 4);
  const auto ended = load(call);
  REQUIRE(ended);
  REQUIRE(ended->end);
  CHECK(ended->record.state() == state::v1::DIALOG_STATE_ENDED);
  CHECK(calls::callee_of(ended->record).contact() == "sip:1002@10.0.0.8");
  CHECK(ended->end->reason == "The caller hung up.");
  settle();
  CHECK(count(7) == 0);
}

TEST_CASE_METHOD(DialogFixture, "Who writes over what it did not know gets what is there",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  auto mine = *load(call);
  auto theirs = mine;
  calls::apply(mine, answer("mine"));
  calls::apply(theirs, answer("theirs"));
  CHECK_FALSE(*write(mine, 1));
  const auto there = write(theirs, 1);
  REQUIRE(there);
  REQUIRE(*there);
  CHECK((*there)->version == 2);
  CHECK(calls::callee_of((*there)->record).tag() == "mine");
}

TEST_CASE_METHOD(DialogFixture, "What ended stays ended, also when its end was told", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  const auto before = *load(call);
  REQUIRE(tell(call, refusal()));
  const bool told = GENERATE(false, true);
  if (told) REQUIRE(forget(call));

  auto late = before;
  calls::apply(late, answer("to"));
  for (const std::uint32_t expected : {0u, 1u, 2u}) {
    const auto there = write(late, expected);
    REQUIRE(there);
    REQUIRE(*there);
    CHECK((*there)->end);
  }
  CHECK(load(call)->end);
  settle();
  CHECK(count(7) == 0);
  CHECK(list(7).empty());
}

TEST_CASE_METHOD(DialogFixture, "That there was a call is known for some minutes, and no longer",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(tell(call, answer("to")));
  REQUIRE(tell(call, hang_up()));
  REQUIRE(forget(call));
  const auto ttl = ask(redis::Command{"PTTL", redis_keys::dialog("a@b")})->integer();
  CHECK(ttl > 0);
  CHECK(ttl <= 5 * 60 * 1000);
  CHECK(ask(redis::Command{"HSTRLEN", redis_keys::dialog("a@b"), "c1"})->integer() < 100);
  const auto left = load(call);
  REQUIRE(left);
  CHECK(left->end);
  CHECK(calls::dialog_between(left->record, "from", "to"));
  REQUIRE(ask(redis::Command{"DEL", redis_keys::dialog("a@b")}));
  settle();
  CHECK(keys() == 0);
}

TEST_CASE_METHOD(DialogFixture, "Exactly one of those who end a call has written it", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(tell(call, answer("to")));
  redis::Connection other{loop.context, test::options_for(server.uri()), loop.metrics};
  loop.connect(other);
  cluster::Dialogs elsewhere{other, clock};
  auto end = *load(call);
  const auto version = end.version;
  calls::apply(end, hang_up());
  const cluster::EncodedCall encoded{end};

  std::vector<bool> written;
  const auto note = [&](Result<There> there) { written.push_back(there && !*there); };
  for (int i = 0; i < 4; ++i) {
    store.write(encoded, version, kLease, note);
    elsewhere.write(encoded, version, kLease, note);
  }
  test::run_until(loop.context, [&] { return written.size() == 8; });
  CHECK(std::count(written.begin(), written.end(), true) == 1);
}

TEST_CASE_METHOD(DialogFixture, "An ended record stays until its event is delivered", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(tell(call, answer("to")));
  const auto ended = tell(call, hang_up());
  const auto kept = load(call);
  REQUIRE(kept);
  CHECK(cluster::ended_event(*kept).SerializeAsString() ==
        cluster::ended_event(*ended).SerializeAsString());
  CHECK(ask(redis::Command{"PTTL", redis_keys::dialog("a@b")})->integer() > 3'600'000);
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
    CHECK(begin(record("c1")));
    CHECK(count(7) == 1);
  }
  SECTION("it went on meanwhile") {
    REQUIRE(tell(record("c1"), calls::Rang{"to", {}, 1, {}}));
    CHECK(begin(record("c1")).error() == Errc::AlreadyExists);
  }
}

TEST_CASE_METHOD(DialogFixture, "Calls under one Call-ID do not meet", "[cluster]") {
  const auto mine = record("c1", "same@id", "from", 7);
  const auto theirs = record("c2", "same@id", "from", 8);
  const auto third = record("c3", "same@id", "other", 7);
  REQUIRE(begin(mine));
  REQUIRE(begin(theirs));
  REQUIRE(begin(third));
  CHECK(tell(mine, refusal())->sequence == 2);
  CHECK(load(theirs)->sequence == 1);
  CHECK(tell(theirs, answer("to"))->sequence == 2);
  CHECK(under("same@id") == std::vector<std::string>{"c1", "c2", "c3"});
  CHECK(under("other@id").empty());
  CHECK(ask(redis::Command{"PTTL", redis_keys::dialog("same@id")})->integer() > 3'600'000);

  SECTION("a Call-ID used again after the end is a new call beside the old one") {
    const auto again = record("c4", "same@id", "from", 7);
    CHECK(begin(again));
    CHECK(load(mine)->end);
    REQUIRE(forget(mine));
    CHECK(load(again)->sequence == 1);
    CHECK(ask(redis::Command{"PTTL", redis_keys::dialog("same@id")})->integer() > 3'600'000);
  }
  SECTION("their number is bounded, that of ended ones too") {
    for (int i = 0; i < 13; ++i) {
      REQUIRE(begin(record("x" + std::to_string(i), "same@id", "tag" + std::to_string(i))));
    }
    const auto full = begin(record("y", "same@id", "yet another"));
    CHECK(full.error() == Errc::Overloaded);
    settle();
    CHECK(unfinished().empty());
    for (int i = 0; i < 100; ++i) {
      const auto id = "x" + std::to_string(i);
      const auto next = record(id, "same@id", "tag" + std::to_string(i));
      if (i >= 13) REQUIRE(begin(next));
      REQUIRE(tell(next, refusal()));
      REQUIRE(forget(next));
    }
    CHECK(ask(redis::Command{"HLEN", redis_keys::dialog("same@id")})->integer() <= 34);
  }
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

  REQUIRE(tell(record("c3", "id3"), refusal()));
  settle();
  CHECK(count(7) == 4);

  // A record that is gone without an end is seen through.
  REQUIRE(ask(redis::Command{"DEL", redis_keys::dialog("id1")}));
  CHECK(list(7).size() == 3);
}

TEST_CASE_METHOD(DialogFixture, "Calls of a caller who is limited are counted apart", "[cluster]") {
  const auto made_by = [&](const std::string& id, std::uint64_t caller, bool limited) {
    auto call = record("c" + id, "id" + id);
    call.set_caller_user_id(caller);
    call.set_caller_limited(limited);
    REQUIRE(begin(call));
    return call;
  };
  const auto first = made_by("1", 5, true);
  const auto second = made_by("2", 5, true);
  made_by("3", 5, false);
  made_by("4", 6, true);
  settle();
  CHECK(count(7) == 4);
  CHECK(count(7, 5) == 2);
  CHECK(count(7, 6) == 1);
  CHECK(count(8, 5) == 0);

  REQUIRE(tell(first, refusal()));
  CHECK(count(7, 5) == 1);

  // What Redis has lost is counted again with the record that is written again.
  const auto kept = *load(second);
  REQUIRE(ask(redis::Command{"FLUSHALL"}));
  CHECK(count(7, 5) == 0);
  CHECK_FALSE(*write(kept, 0));
  CHECK(count(7, 5) == 1);
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
  REQUIRE(tell(record("b0", "at-b0"), refusal()));
  REQUIRE(tell(record("b1", "at-b1"), refusal()));
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
    auto found = get<std::vector<calls::Call>>([&](auto done) { store.load_call("c1", done); });
    REQUIRE(found);
    std::set<std::string> ids;
    for (const auto& leg : *found) ids.insert(leg.record.sip_call_id());
    return ids;
  };
  CHECK(legs() == std::set<std::string>{"leg-a", "leg-b"});
  REQUIRE(tell(record("c1", "leg-a"), refusal()));
  REQUIRE(forget(record("c1", "leg-a")));
  CHECK(legs() == std::set<std::string>{"leg-b"});
  CHECK(get<std::vector<calls::Call>>([&](auto done) { store.load_call("c*", done); })->empty());
}

TEST_CASE_METHOD(DialogFixture, "A record that Redis has lost is written as it is, and goes on",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  const auto known = tell(call, calls::Rang{"to", {}, 1, {}});
  REQUIRE(known);
  CHECK((*write(*known, 0))->version == 2);  // nothing is lost
  REQUIRE(ask(redis::Command{"FLUSHALL"}));
  REQUIRE(load(call).error() == Errc::NotFound);
  CHECK(write(*known, known->version).error() == Errc::NotFound);
  CHECK_FALSE(*write(*known, 0));
  settle();
  CHECK(count(7) == 1);
  const auto after = load(call);
  REQUIRE(after);
  CHECK(after->sequence == 2);
  CHECK(after->record.state() == state::v1::DIALOG_STATE_RINGING);
  CHECK(unfinished().empty());
  CHECK(tell(call, answer("to"))->sequence == 3);
  CHECK(tell(call, hang_up())->sequence == 4);
}

TEST_CASE_METHOD(DialogFixture, "Long and strange identifiers are kept as they are", "[cluster]") {
  auto call =
      record("c1", "{we}ird \r\n \xC3\xA9 id@" + std::string(500, 'x'), std::string(300, 't'));
  REQUIRE(begin(call));
  const std::string reason(100'000, 'r');
  REQUIRE(tell(call, calls::Closed{calls::closed(reason, 500, 1)}));
  const auto ended = load(call);
  REQUIRE(ended);
  CHECK(ended->record.sip_call_id() == call.sip_call_id());
  CHECK(ended->end->reason.size() == 512);
  CHECK(under(call.sip_call_id()) == std::vector<std::string>{"c1"});
}
