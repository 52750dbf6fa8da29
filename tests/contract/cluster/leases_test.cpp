#include <catch2/catch.hpp>

#include "contract/cluster/dialog_fixture.hpp"
#include "core/errc.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using calls::Key;
using calls::key_of;
using test::DialogFixture;

namespace {

std::vector<Key> renew(DialogFixture& fixture, const std::vector<Key>& keys) {
  auto gone = fixture.get<std::vector<Key>>(
      [&](auto done) { fixture.store.renew(keys, DialogFixture::kLease, done); });
  REQUIRE(gone);
  return std::move(*gone);
}

}  // namespace

TEST_CASE_METHOD(DialogFixture, "A record that nobody renews is handed to one reaper",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  CHECK(unfinished().empty());
  clock.advance(kLease + 1ms);
  const auto lapsed = unfinished();
  REQUIRE(lapsed.size() == 1);
  CHECK(lapsed[0].key == key_of(call));
  CHECK_FALSE(lapsed[0].ended);
  CHECK(unfinished().empty());  // taken
  clock.advance(kLease + 1ms);
  CHECK(unfinished().size() == 1);  // and not dealt with
  REQUIRE(tell(call, refusal()));
  REQUIRE(forget(call));
  clock.advance(kLease + 1ms);
  CHECK(unfinished().empty());
}

TEST_CASE_METHOD(DialogFixture, "Renewed records stay with their node", "[cluster]") {
  std::vector<Key> keys;
  for (int i = 0; i < 700; ++i) {
    const auto call = record("c" + std::to_string(i), "id" + std::to_string(i));
    store.begin(cluster::EncodedCall{calls::new_call(call)}, kLease,
                [](Result<> begun) { REQUIRE(begun); });
    keys.push_back(key_of(call));
  }
  settle();
  for (int round = 0; round < 3; ++round) {
    clock.advance(kLease - 1s);
    CHECK(renew(*this, keys).empty());
    CHECK(unfinished().empty());
  }
  keys.pop_back();
  clock.advance(kLease - 1s);
  CHECK(renew(*this, keys).empty());
  clock.advance(2s);
  CHECK(unfinished().size() == 1);
}

TEST_CASE_METHOD(DialogFixture, "A node learns which of its calls are over", "[cluster]") {
  const auto first = record("c1", "id1"), second = record("c2", "id2");
  REQUIRE(begin(first));
  REQUIRE(begin(second));
  const std::vector<Key> keys{key_of(first), key_of(second)};
  CHECK(renew(*this, keys).empty());
  REQUIRE(tell(first, refusal()));
  CHECK(renew(*this, keys) == std::vector{key_of(first)});
  REQUIRE(forget(first));
  CHECK(renew(*this, keys) == std::vector{key_of(first)});
  CHECK(renew(*this, {}).empty());
}

TEST_CASE_METHOD(DialogFixture, "An ended call whose event was lost with its node is found",
                 "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  REQUIRE(tell(call, refusal()));
  clock.advance(kLease - 1s);
  const std::vector keys{key_of(call)};
  CHECK(renew(*this, keys) == keys);  // its owner lives on; the node that ended it does not
  clock.advance(2s);
  const auto lapsed = unfinished();
  REQUIRE(lapsed.size() == 1);
  CHECK(lapsed[0].ended);
  CHECK(load(call)->end->node == "proxy-1");

  clock.advance(kLease - 1s);
  store.renew_ended(keys, kLease);
  settle();
  clock.advance(2s);
  CHECK(unfinished().empty());
  REQUIRE(forget(call));
  clock.advance(kLease + 1s);
  CHECK(unfinished().empty());
}

TEST_CASE_METHOD(DialogFixture, "A lease without a record is cleared away by forget", "[cluster]") {
  const auto call = record("c1");
  REQUIRE(begin(call));
  settle();
  REQUIRE(ask(redis::Command{"DEL", redis_keys::dialog("a@b")}));
  clock.advance(kLease + 1ms);
  const auto lapsed = unfinished();
  REQUIRE(lapsed.size() == 1);
  CHECK(load(call).error() == Errc::NotFound);
  CHECK(tell(call, refusal()).error() == Errc::NotFound);
  REQUIRE(forget(call));
  clock.advance(kLease + 1ms);
  CHECK(unfinished().empty());
}
