#include "cluster/locations.hpp"

#include <catch2/catch.hpp>

#include "cluster/binding_codec.hpp"
#include "contract/cluster/fixture.hpp"
#include "core/errc.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using cluster::Change;
using cluster::Verdict;
using redis::Command;
using state::v1::Binding;

namespace {

constexpr TenantId kTenant{7};
const std::string kAor = "1001@hq.north.pbx.test";

struct Fixture : test::OnRedis<cluster::Locations> {
  std::uint32_t cseq = 0;
  const std::int64_t began_ms = now_ms();  ///< All phones registered then, unless said otherwise.

  Binding phone(const std::string& contact, std::chrono::milliseconds expires = 60s) {
    Binding binding;
    binding.set_contact(contact);
    binding.set_id(contact);
    binding.set_q_milli(1000);
    binding.set_expires_at_ms(now_ms() + expires.count());
    binding.set_registered_at_ms(began_ms);
    return binding;
  }

  cluster::Update update(std::vector<Binding> bindings, const std::string& call_id = "reg") {
    cluster::Update made;
    made.tenant = kTenant;
    made.aor = kAor;
    made.call_id = call_id;
    made.cseq = ++cseq;
    made.now = clock.now();
    for (auto& binding : bindings) made.changes.push_back({std::move(binding), false});
    return made;
  }

  cluster::Outcome apply(const cluster::Update& made) {
    auto result = get<cluster::Outcome>([&](auto done) { store.apply(made, done); });
    REQUIRE(result);
    return std::move(*result);
  }

  std::vector<std::string> contacts(TenantId tenant = kTenant) {
    const auto loaded =
        get<std::vector<Binding>>([&](auto done) { store.load(tenant, kAor, done); });
    REQUIRE(loaded);
    std::vector<std::string> found;
    for (const auto& binding : *loaded) found.push_back(binding.contact());
    return found;
  }
};

using Contacts = std::vector<std::string>;

}  // namespace

TEST_CASE_METHOD(Fixture, "Bindings are stored, loaded and kept apart by tenant", "[cluster]") {
  auto second = phone("sip:b");
  second.set_q_milli(500);
  second.add_path("sip:edge;lr");
  const auto outcome = apply(update({phone("sip:a"), second}));
  CHECK(outcome.verdict == Verdict::Stored);
  CHECK(outcome.change == Change::Added);
  CHECK(outcome.changes == std::vector{Change::Added, Change::Added});
  REQUIRE(outcome.bindings.size() == 2);
  CHECK(outcome.bindings[1].path(0) == "sip:edge;lr");
  CHECK(outcome.bindings[0].call_id() == "reg");
  CHECK(outcome.bindings[0].cseq() == 1);
  CHECK(contacts() == Contacts{"sip:a", "sip:b"});
  CHECK(contacts(TenantId{8}).empty());
}

TEST_CASE_METHOD(Fixture,
                 "What an earlier release stored has the name of its field and can be removed",
                 "[cluster]") {
  const auto old = cluster::encode_binding(phone("SIP:a@PHONE.test"), "reg", 1);  // says no id
  REQUIRE(ask(Command{"HSET", redis_keys::location(kTenant, kAor), "sip:a@phone.test", old}));
  auto loaded = get<std::vector<Binding>>([&](auto done) { store.load(kTenant, kAor, done); });
  REQUIRE(loaded);
  REQUIRE(loaded->size() == 1);
  CHECK(loaded->front().id() == "sip:a@phone.test");
  auto removal = update({loaded->front()}, "");
  removal.changes[0].remove = true;
  CHECK(apply(removal).change == Change::Removed);
  CHECK(contacts().empty());
}

TEST_CASE_METHOD(Fixture, "The highest q comes first, then the newest", "[cluster]") {
  auto low = phone("sip:low");
  low.set_q_milli(100);
  auto older = phone("sip:older");
  older.set_registered_at_ms(1);
  apply(update({low, older, phone("sip:newer")}));
  CHECK(contacts() == Contacts{"sip:newer", "sip:older", "sip:low"});
}

TEST_CASE_METHOD(Fixture, "A refresh is told from a move", "[cluster]") {
  apply(update({phone("sip:a")}));
  auto outcome = apply(update({phone("sip:a")}));
  CHECK(outcome.change == Change::Refreshed);
  CHECK_FALSE(outcome.changed());
  outcome = apply(update({phone("sip:a", 24h + 120s)}));
  CHECK(outcome.change == Change::Affirmed);
  CHECK(outcome.changed());

  auto moved = phone("sip:a");
  moved.set_source("10.0.0.9:5060;udp");
  outcome = apply(update({moved}));
  CHECK(outcome.change == Change::Moved);
  CHECK(outcome.changed());
  CHECK(outcome.bindings.size() == 1);
}

TEST_CASE_METHOD(Fixture, "A phone with an instance replaces its old contact", "[cluster]") {
  auto before = phone("sip:a@10.0.0.1");
  before.set_instance("urn:uuid:1");
  before.set_reg_id(1);
  before.set_id("<urn:uuid:1>1");
  apply(update({before}));
  auto other_flow = before;
  other_flow.set_reg_id(2);
  other_flow.set_id("<urn:uuid:1>2");
  CHECK(apply(update({other_flow})).change == Change::Added);
  auto after = before;
  after.set_contact("sip:a@10.0.0.2");
  CHECK(apply(update({after}, "new call-id")).change == Change::Moved);
  CHECK(contacts().size() == 2);
}

TEST_CASE_METHOD(Fixture, "An old or repeated CSeq of the same Call-ID changes nothing",
                 "[cluster]") {
  auto first = update({phone("sip:a")});
  first.cseq = 10;
  apply(first);
  auto repeated = update({phone("sip:a", 600s), phone("sip:new")});
  repeated.cseq = GENERATE(10, 9);
  const auto outcome = apply(repeated);
  CHECK(outcome.verdict == Verdict::Stale);
  CHECK(outcome.change == Change::None);
  REQUIRE(outcome.bindings.size() == 1);
  CHECK(outcome.bindings[0].cseq() == 10);
  CHECK(contacts() == Contacts{"sip:a"});

  SECTION("removal, one or all, is no exception") {
    auto removal = repeated;
    removal.changes = {{phone("sip:a"), true}};
    CHECK(apply(removal).verdict == Verdict::Stale);
    removal.changes.clear();
    removal.remove_all = true;
    CHECK(apply(removal).verdict == Verdict::Stale);
    CHECK(contacts() == Contacts{"sip:a"});
  }
  SECTION("a phone that restarted has another Call-ID") {
    repeated.call_id = "other";
    CHECK(apply(repeated).verdict == Verdict::Stored);
  }
  SECTION("an operator need not know either") {
    auto removal = repeated;
    removal.call_id.clear();
    removal.changes = {{phone("sip:a"), true}};
    CHECK(apply(removal).change == Change::Removed);
  }
}

TEST_CASE_METHOD(Fixture, "Bindings are removed one by one or all together", "[cluster]") {
  apply(update({phone("sip:a"), phone("sip:b"), phone("sip:c")}));
  auto removal = update({phone("sip:b"), phone("sip:unknown")});
  for (auto& change : removal.changes) change.remove = true;
  auto outcome = apply(removal);
  CHECK(outcome.changes == std::vector{Change::Removed, Change::None});
  CHECK(outcome.removed == 1);
  CHECK(outcome.expired == 0);
  CHECK(contacts() == Contacts{"sip:a", "sip:c"});

  auto all = update({});
  all.remove_all = true;
  outcome = apply(all);
  CHECK(outcome.change == Change::Removed);
  CHECK(outcome.removed == 2);
  CHECK(outcome.bindings.empty());
  CHECK(contacts().empty());
  CHECK(ask(Command{"EXISTS", redis_keys::location(kTenant, kAor)})->integer() == 0);
  CHECK(apply(all).change == Change::None);
}

TEST_CASE_METHOD(Fixture, "The limit refuses a further phone, not a refresh", "[cluster]") {
  auto two = update({phone("sip:a"), phone("sip:b")});
  two.max_bindings = 2;
  apply(two);
  auto third = update({phone("sip:a", 300s), phone("sip:c")});
  third.max_bindings = 2;
  const auto outcome = apply(third);
  CHECK(outcome.verdict == Verdict::TooMany);
  CHECK(outcome.bindings.size() == 2);
  CHECK(contacts().size() == 2);
  CHECK(apply(two).verdict == Verdict::Stale);  // nothing of it was stored, the order still holds

  auto refresh = update({phone("sip:a")});
  refresh.max_bindings = 1;  // lowered meanwhile
  CHECK(apply(refresh).verdict == Verdict::Stored);
  auto swap = update({phone("sip:a"), phone("sip:c")});
  swap.changes[0].remove = true;
  swap.max_bindings = 2;
  CHECK(apply(swap).changes == std::vector{Change::Removed, Change::Added});
}

TEST_CASE_METHOD(Fixture, "Expired bindings are neither seen nor counted", "[cluster]") {
  apply(update({phone("sip:short", 10s), phone("sip:long", 60s)}));
  clock.advance(11s);
  CHECK(contacts() == Contacts{"sip:long"});
  auto made = update({phone("sip:new")});
  made.max_bindings = 2;
  const auto outcome = apply(made);
  CHECK(outcome.verdict == Verdict::Stored);
  CHECK(outcome.expired == 1);
  CHECK(outcome.bindings.size() == 2);
  CHECK(ask(Command{"HLEN", redis_keys::location(kTenant, kAor)})->integer() == 2);

  clock.advance(60s);
  auto refresh = update({phone("sip:long")});
  CHECK(apply(refresh).changes == std::vector{Change::Added});
}

TEST_CASE_METHOD(Fixture, "The key lives as long as its last binding", "[cluster]") {
  apply(update({phone("sip:a", 10s), phone("sip:b", 100s)}));
  const auto key = redis_keys::location(kTenant, kAor);
  const auto ttl = ask(Command{"PTTL", key})->integer();
  CHECK(ttl > 95'000);
  CHECK(ttl <= 105'000);
  auto removal = update({phone("sip:b")});
  removal.changes[0].remove = true;
  apply(removal);
  CHECK(ask(Command{"PTTL", key})->integer() <= 15'000);
}

TEST_CASE_METHOD(Fixture, "A value that does not parse hides nobody else", "[cluster]") {
  apply(update({phone("sip:a")}));
  const auto key = redis_keys::location(kTenant, kAor);
  const auto* garbage = GENERATE("", "x", "\x01 much too short for a header");
  REQUIRE(ask(Command{"HSET", key, "sip:bad", garbage}));
  CHECK(contacts() == Contacts{"sip:a"});
  CHECK(apply(update({phone("sip:b")})).bindings.size() == 2);
  CHECK(ask(Command{"HLEN", key})->integer() == 2);
}

TEST_CASE_METHOD(Fixture, "After a total loss bindings come back, but replace no newer ones",
                 "[cluster]") {
  const std::vector<cluster::BindingChange> known{
      {phone("sip:a")}, {phone("sip:b")}, {phone("sip:gone", -1s)}};
  const auto restore = [&] {
    return *get<cluster::Restored>(
        [&](auto done) { store.restore(kTenant, kAor, known, std::move(done)); });
  };
  auto newer = update({phone("sip:a", 7200s)});
  apply(newer);
  const auto some = restore();
  CHECK(some.added == 1);
  CHECK(some.before == 1);
  CHECK(contacts() == Contacts{"sip:a", "sip:b"});
  const auto again = restore();
  CHECK(again.added == 0);
  CHECK(again.before == 2);
  auto stored =
      *get<std::vector<Binding>>([&](auto done) { store.load(kTenant, kAor, std::move(done)); });
  CHECK(std::any_of(stored.begin(), stored.end(), [&](const Binding& binding) {
    return binding.expires_at_ms() == newer.changes[0].binding.expires_at_ms();
  }));
}

TEST_CASE_METHOD(Fixture, "What was removed while the log was read does not come back",
                 "[cluster]") {
  const std::vector<cluster::BindingChange> known{{phone("sip:a")}, {phone("sip:b")}};
  SECTION("the binding was there again") { apply(update({phone("sip:a")})); }
  SECTION("the binding was still lost") {}
  auto removal = update({phone("sip:a")});
  removal.changes[0].remove = true;
  apply(removal);
  const auto restore = [&] {
    return get<cluster::Restored>(
        [&](auto done) { store.restore(kTenant, kAor, known, std::move(done)); });
  };
  CHECK(restore()->added == 1);
  CHECK(contacts() == Contacts{"sip:b"});
  CHECK(ask(Command{"PTTL", redis_keys::location(kTenant, kAor) + ":gone"})->integer() > 0);

  auto all = update({});
  all.remove_all = true;
  apply(all);
  CHECK(restore()->added == 0);
  CHECK(contacts().empty());
  apply(update({phone("sip:a")}));
  CHECK(contacts() == Contacts{"sip:a"});
}

TEST_CASE_METHOD(Fixture, "Without Redis there is an error, and afterwards all works again",
                 "[cluster]") {
  server.kill();
  test::run_until(loop.context, [&] { return !connection.connected(); });
  const auto made = update({phone("sip:a")});
  CHECK(get<cluster::Outcome>([&](auto done) { store.apply(made, done); }).error() ==
        Errc::Unavailable);
  server.start();
  // A cluster's nodes come back one after the other, and the slots' own is perhaps the last.
  const auto from = std::chrono::steady_clock::now();
  Result<cluster::Outcome> stored = Errc::Unavailable;
  while (!stored && std::chrono::steady_clock::now() - from < std::chrono::seconds{20}) {
    loop.context.run_for(std::chrono::milliseconds{10});
    stored = get<cluster::Outcome>([&](auto done) { store.apply(made, done); });
  }
  REQUIRE(stored);
  CHECK(stored->verdict == Verdict::Stored);
}
