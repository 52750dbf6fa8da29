// What the registrar relies on, of the fake that its unit tests use and of Redis alike.
#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <optional>
#include <set>

#include "fakes/manual_clock.hpp"
#include "fakes/memory_location_store.hpp"
#include "redis/connection.hpp"
#include "registrar/adapters/redis_location_store.hpp"
#include "support/loop.hpp"
#include "support/temp_redis.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace std::chrono_literals;

namespace {

constexpr TenantId kTenant{9};
constexpr const char* kAor = "1001@hq.test";

/// Redis compares with its own clock when a key goes, so time begins now.
Clock::Wall real_now() { return SystemClock{}.now(); }

struct Memory {
  boost::asio::io_context loop;
  fakes::ManualClock clock{real_now()};
  MemoryLocationStore store{clock};
};

struct Redis {
  Redis() {
    connection.on_connect([this](redis::Client& redis) { store.load_functions(redis); });
    connection.start();
    test::run_until(loop, [this] { return connection.connected(); });
  }

  test::TempRedis server;
  boost::asio::io_context loop;
  fakes::ManualClock clock{real_now()};
  prometheus::Registry registry;
  redis::Metrics metrics{registry};
  redis::Connection connection{loop, *redis::parse_uri(server.uri()), metrics};
  RedisLocationStore store{connection, clock};
};

template <class Fixture>
struct Suite : Fixture {
  BindingChange phone(const std::string& contact, const std::string& instance = {},
                      std::chrono::seconds expiry = 600s) {
    BindingChange change;
    change.binding.set_contact(contact);
    change.binding.set_instance(instance);
    change.binding.set_id(instance.empty() ? contact : instance);
    change.binding.set_q_milli(1000);
    const auto now = this->clock.now();
    change.binding.set_registered_at_ms(now.time_since_epoch().count());
    change.binding.set_expires_at_ms((now + expiry).time_since_epoch().count());
    return change;
  }
  BindingChange gone(const std::string& contact, const std::string& instance = {}) {
    auto change = phone(contact, instance);
    change.remove = true;
    return change;
  }

  Outcome apply(std::vector<BindingChange> changes, std::uint32_t cseq = 1,
                const std::string& call_id = "call", bool all = false) {
    Update update{kTenant, kAor, std::move(changes), all,  call_id,
                  cseq,    3,    this->clock.now(),  nonce};
    for (auto& change : update.changes) {
      change.binding.set_call_id(call_id);
      change.binding.set_cseq(cseq);
    }
    auto stored = test::outcome<Outcome>(
        this->loop, [&](auto done) { this->store.apply(update, std::move(done)); });
    REQUIRE(stored);
    return *std::move(stored);
  }

  sip::NonceUse nonce{};  ///< Of the updates to come.

  std::vector<std::string> contacts(TenantId tenant = kTenant) {
    const auto loaded = test::outcome<Bindings>(
        this->loop, [&](auto done) { this->store.load(tenant, kAor, std::move(done)); });
    REQUIRE(loaded);
    std::vector<std::string> all;
    for (const auto& binding : *loaded) all.push_back(binding.contact());
    return all;
  }
};

using Strings = std::vector<std::string>;

}  // namespace

TEMPLATE_TEST_CASE("A location store keeps what it is given, by tenant", "[contract]", Memory,
                   Redis) {
  Suite<TestType> f;
  const auto outcome = f.apply({f.phone("sip:a@192.0.2.1")});
  CHECK(outcome.verdict == Verdict::Stored);
  CHECK(outcome.change == Change::Added);
  REQUIRE(outcome.bindings.size() == 1);
  CHECK(outcome.bindings[0].cseq() == 1);
  CHECK(outcome.bindings[0].call_id() == "call");
  CHECK(f.contacts() == Strings{"sip:a@192.0.2.1"});
  CHECK(f.contacts(TenantId{8}).empty());
}

TEMPLATE_TEST_CASE("It tells refreshes from moves by what others must know", "[contract]", Memory,
                   Redis) {
  Suite<TestType> f;
  const auto refresh = [&](std::uint32_t cseq) {
    return f.apply({f.phone("sip:a@192.0.2.1", "urn:uuid:1", 48h)}, cseq).change;
  };
  refresh(1);
  CHECK(refresh(2) == Change::Refreshed);
  f.clock.advance(24h);
  CHECK(refresh(3) == Change::Affirmed);
  CHECK(f.apply({f.phone("sip:a@192.0.2.2", "urn:uuid:1")}, 4).change == Change::Moved);
  CHECK(f.apply({f.gone("sip:a@192.0.2.2", "urn:uuid:1")}, 5).change == Change::Removed);
  CHECK(f.apply({f.gone("sip:a@192.0.2.2", "urn:uuid:1")}, 6).change == Change::None);
}

TEMPLATE_TEST_CASE("Requests out of order change nothing", "[contract]", Memory, Redis) {
  Suite<TestType> f;
  f.apply({f.phone("sip:a@192.0.2.1")}, 5);
  for (const std::uint32_t cseq : {4u, 5u}) {
    const auto outcome = f.apply({f.gone("sip:a@192.0.2.1"), f.phone("sip:b@192.0.2.1")}, cseq);
    CHECK(outcome.verdict == Verdict::Stale);
    CHECK(outcome.bindings.size() == 1);
    CHECK(f.apply({}, cseq, "call", true).verdict == Verdict::Stale);
  }
  CHECK(f.contacts() == Strings{"sip:a@192.0.2.1"});
  CHECK(f.apply({f.phone("sip:a@192.0.2.1")}, 1, "another").verdict == Verdict::Stored);
  CHECK(f.apply({f.gone("sip:a@192.0.2.1")}, 0, "").verdict == Verdict::Stored);  // no phone's
}

TEMPLATE_TEST_CASE("Too many bindings change nothing", "[contract]", Memory, Redis) {
  Suite<TestType> f;
  f.apply({f.phone("sip:a@192.0.2.1"), f.phone("sip:b@192.0.2.1")});
  const auto outcome = f.apply({f.phone("sip:c@192.0.2.1"), f.phone("sip:d@192.0.2.1")}, 2);
  CHECK(outcome.verdict == Verdict::TooMany);
  CHECK(f.contacts().size() == 2);
  CHECK(f.apply({f.phone("sip:c@192.0.2.1"), f.gone("sip:a@192.0.2.1")}, 3).verdict ==
        Verdict::Stored);
}

TEMPLATE_TEST_CASE("Everything can be removed at once", "[contract]", Memory, Redis) {
  Suite<TestType> f;
  f.apply({f.phone("sip:a@192.0.2.1"), f.phone("sip:b@192.0.2.1")});
  const auto outcome = f.apply({}, 2, "call", true);
  CHECK(outcome.removed == 2);
  CHECK(outcome.change == Change::Removed);
  CHECK(f.contacts().empty());
  CHECK(f.apply({}, 3, "call", true).change == Change::None);
}

TEMPLATE_TEST_CASE("Expired bindings are gone, and counted by the next change", "[contract]",
                   Memory, Redis) {
  Suite<TestType> f;
  f.apply({f.phone("sip:a@192.0.2.1", "", 60s), f.phone("sip:b@192.0.2.1", "", 600s)});
  f.clock.advance(61s);
  CHECK(f.contacts() == Strings{"sip:b@192.0.2.1"});
  CHECK(f.apply({f.phone("sip:b@192.0.2.1", "", 600s)}, 2).expired == 1);
}

TEMPLATE_TEST_CASE("A binding is what its id says, whatever else is in it", "[contract]", Memory,
                   Redis) {
  Suite<TestType> f;
  auto first = f.phone("sip:a@192.0.2.1", "urn:uuid:1");
  auto second = f.phone("sip:a@192.0.2.1", "urn:uuid:1");
  first.binding.set_id("one");
  second.binding.set_id("two");
  const auto stored = f.apply({first, second});
  CHECK(f.contacts().size() == 2);
  std::set<std::string> ids;
  for (const auto& binding : stored.bindings) ids.insert(binding.id());
  CHECK(ids == std::set<std::string>{"one", "two"});

  const auto loaded = test::outcome<Bindings>(
      f.loop, [&](auto done) { f.store.load(kTenant, kAor, std::move(done)); });
  REQUIRE(loaded);
  REQUIRE(loaded->size() == 2);
  const auto removed = f.apply({{loaded->front(), true}}, 2);
  REQUIRE(removed.bindings.size() == 1);
  CHECK(removed.bindings.front().id() == loaded->back().id());
}

TEMPLATE_TEST_CASE("A nonce count serves one request, which changes nothing when it comes again",
                   "[contract]", Memory, Redis) {
  Suite<TestType> f;
  f.nonce = {"nonce:1", "phone", 60s};
  CHECK(f.apply({f.phone("sip:a@192.0.2.1")}).verdict == Verdict::Stored);
  const auto again = f.apply({f.phone("sip:a@192.0.2.1"), f.phone("sip:b@192.0.2.1")}, 2);
  CHECK(again.verdict == Verdict::Again);
  CHECK(again.bindings.size() == 1);
  CHECK(f.apply({}, 2, "call", true).verdict == Verdict::Again);
  CHECK(f.contacts() == Strings{"sip:a@192.0.2.1"});
  f.nonce.by = "thief";
  CHECK(f.apply({f.phone("sip:b@192.0.2.1")}, 2).verdict == Verdict::Replayed);
  CHECK(f.apply({}, 2, "call", true).verdict == Verdict::Replayed);
  CHECK(f.apply({}, 2).verdict == Verdict::Replayed);
  CHECK(f.contacts() == Strings{"sip:a@192.0.2.1"});
  f.nonce.count = "nonce:2";
  const auto read = f.apply({}, 2);
  CHECK(read.verdict == Verdict::Stored);
  CHECK(read.change == Change::None);
  CHECK(read.bindings.size() == 1);
  f.nonce.by = "phone";
  CHECK(f.apply({f.phone("sip:a@192.0.2.1")}, 3).verdict == Verdict::Replayed);
}

TEMPLATE_TEST_CASE("A tenant's AoRs are listed in parts, each at least once", "[contract]", Memory,
                   Redis) {
  Suite<TestType> f;
  std::set<std::string> expected;
  for (int i = 0; i < 25; ++i) {
    const auto aor = std::to_string(1000 + i) + "@hq.test";
    expected.insert(aor);
    for (const auto tenant : {kTenant, TenantId{90}}) {
      const Update update{tenant, aor,          {f.phone("sip:a@192.0.2.1")}, false, "c", 1,
                          3,      f.clock.now()};
      REQUIRE(test::outcome<Outcome>(f.loop,
                                     [&](auto done) { f.store.apply(update, std::move(done)); }));
    }
  }
  std::set<std::string> found;
  std::uint64_t from = 0;
  do {
    auto page = test::outcome<AorPage>(
        f.loop, [&](auto done) { f.store.list(kTenant, from, 10, std::move(done)); });
    REQUIRE(page);
    found.insert(page->aors.begin(), page->aors.end());
    from = page->next;
  } while (from != 0);
  CHECK(found == expected);
}
