#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "integration/billing/site.hpp"
#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace pbx::billing;
using test::ended;
using test::Site;

namespace {

/// A store and batches made of events, without a broker.
struct Books {
  Site site;
  Metrics metrics{site.registry};
  postgres::Pool pool{site.options(), site.registry};
  CdrStore store{pool};

  Batch batch(const std::vector<events::v1::CallEvent>& events, std::int64_t from = 0) {
    Fold fold{metrics};
    fold.begin(0, from);
    for (const auto& event : events) {
      fold.add({0, from++, event.call_id(), event.SerializeAsString()});
    }
    return fold.batch();
  }
  CdrStore::Claims claim(const std::string& owner = "me") { return *store.claim({0}, owner); }
};

events::v1::CallEvent call_of(const std::string& id, std::uint64_t tenant, std::int64_t started,
                              const std::string& caller = "1001@hq.test") {
  auto event = ended(id);
  event.set_tenant_id(tenant);
  event.set_started_at_ms(started);
  event.mutable_parties()->set_caller(caller);
  return event;
}

std::vector<std::string> ids(const std::vector<v1::Cdr>& cdrs) {
  std::vector<std::string> out;
  for (const auto& cdr : cdrs) out.push_back(cdr.call_id());
  return out;
}

}  // namespace

TEST_CASE("A CDR comes back as it was kept", "[billing]") {
  Books f;
  auto silent = ended("never answered");
  silent.set_ringing_at_ms(0);
  silent.set_answered_at_ms(0);
  silent.set_outcome(events::v1::CALL_OUTCOME_BUSY);
  auto odd = ended("odd");
  odd.mutable_parties()->set_caller_name("Zo\xC3\xAB \"Q\" {a,b} \\ NULL '");
  const auto batch = f.batch({ended("answered"), silent, odd});
  REQUIRE(*f.store.save(batch, f.claim()) == 3);
  for (const auto& call : batch.calls) {
    const auto cdr = f.store.get("1", call.cdr.call_id());
    REQUIRE(cdr);
    CHECK(cdr->ShortDebugString() == call.cdr.ShortDebugString());
  }
  CHECK(f.store.get("1", "unknown").error() == Errc::NotFound);
  CHECK(f.site.sql("SELECT ringing_at IS NULL AND answered_at IS NULL FROM cdrs"
                   " WHERE call_id = 'never answered'") == "t");
}

TEST_CASE("The same end told again makes no second CDR", "[billing]") {
  Books f;
  const auto claims = f.claim();
  CHECK(*f.store.save(f.batch({ended("a")}), claims) == 1);
  CHECK(*f.store.save(f.batch({ended("a"), ended("b")}), claims) == 1);
  CHECK(f.site.cdrs() == 2);

  auto later = ended("a", 9);
  later.set_reason("closed by the platform");
  CHECK(*f.store.save(f.batch({later}), claims) == 1);
  CHECK(f.store.get("1", "a")->reason() == "closed by the platform");
  CHECK(*f.store.save(f.batch({ended("a", 4)}), claims) == 0);
  CHECK(f.store.get("1", "a")->reason() == "closed by the platform");
}

TEST_CASE("An event of another tenant never touches a call's CDR", "[billing]") {
  Books f;
  const auto claims = f.claim();
  REQUIRE(f.store.save(f.batch({call_of("a", 9, 1'000)}), claims));
  auto foreign = call_of("a", 10, 1'000);
  foreign.set_sequence(99);
  CHECK(*f.store.save(f.batch({foreign}), claims) == 0);
  CHECK(f.store.get("1", "a")->tenant_id() == 9);
}

TEST_CASE("Rows and offset stand or fall together", "[billing]") {
  Books f;
  const auto claims = f.claim();
  CHECK(claims.at(0).next_offset == -2);
  REQUIRE(f.store.save(f.batch({ended("a"), ended("b")}, 40), claims));
  CHECK(f.site.sql("SELECT next_offset FROM kafka_offsets") == "42");

  auto broken = f.batch({ended("c")}, 42);
  broken.calls[0].cdr.set_outcome("no such outcome");
  CHECK(f.store.save(broken, claims).error() == Errc::InvalidArgument);
  CHECK(f.site.sql("SELECT next_offset FROM kafka_offsets") == "42");
  CHECK(f.claim().at(0).next_offset == 42);
}

TEST_CASE("Who lost a partition to another process writes nothing any more", "[billing]") {
  Books f;
  const auto mine = f.claim("me");
  REQUIRE(f.store.save(f.batch({ended("a")}), mine));
  const auto theirs = f.claim("them");
  CHECK(theirs.at(0).generation == mine.at(0).generation + 1);
  CHECK(theirs.at(0).next_offset == 1);
  CHECK(f.store.save(f.batch({ended("late")}, 1), mine).error() == Errc::Conflict);
  CHECK(f.store.save(f.batch({ended("late")}, 1), {}).error() == Errc::Conflict);
  CHECK(f.site.cdrs() == 1);
  CHECK(f.site.sql("SELECT next_offset FROM kafka_offsets") == "1");
  CHECK(*f.store.save(f.batch({ended("next")}, 1), theirs) == 1);
}

TEST_CASE("Lists are newest first, by tenant, party and time, in pages", "[billing]") {
  Books f;
  std::vector<events::v1::CallEvent> events;
  for (int i = 0; i < 10; ++i) {
    // Pairs begin in the same millisecond.
    events.push_back(call_of("c" + std::to_string(i), i % 3 == 0 ? 10 : 9, 1'000 + i / 2,
                             i < 5 ? "1001@hq.test" : "1009@hq.test"));
  }
  REQUIRE(f.store.save(f.batch(events), f.claim()));
  CdrStore::Query query;
  query.scope = "1";
  CHECK(ids(*f.store.list(query)) ==
        std::vector<std::string>{"c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1", "c0"});
  query.tenant_id = 10;
  CHECK(ids(*f.store.list(query)) == std::vector<std::string>{"c9", "c6", "c3", "c0"});
  query.party = "1001@hq.test";
  CHECK(ids(*f.store.list(query)) == std::vector<std::string>{"c3", "c0"});
  query.tenant_id = 0;
  query.party = "1002@hq.test";  // the callee of all
  query.from_ms = 1'001;
  query.until_ms = 1'003;
  CHECK(ids(*f.store.list(query)) == std::vector<std::string>{"c5", "c4", "c3", "c2"});

  query = {};
  query.scope = "1";
  query.limit = 3;
  std::vector<std::string> all;
  for (auto page = *f.store.list(query); !page.empty(); page = *f.store.list(query)) {
    for (const auto& id : ids(page)) all.push_back(id);
    query.before_ms = page.back().started_at_ms();
    query.before_call_id = page.back().call_id();
  }
  CHECK(all ==
        std::vector<std::string>{"c9", "c8", "c7", "c6", "c5", "c4", "c3", "c2", "c1", "c0"});
}

TEST_CASE("CDRs are seen at or below the scope only", "[billing][rls]") {
  Books f;
  f.site.sql(
      "INSERT INTO accounts (id, parent_id, kind, name, path) VALUES"
      " (4, 1, 2, 'north', '1.4'), (9, 4, 3, 'a', '1.4.9'), (10, 1, 3, 'b', '1.10')");
  REQUIRE(f.store.save(
      f.batch({call_of("a", 9, 1'000), call_of("b", 10, 1'001), call_of("gone", 77, 1'002)}),
      f.claim()));
  const auto seen = [&](const std::string& scope) {
    CdrStore::Query query;
    query.scope = scope;
    return ids(*f.store.list(query));
  };
  CHECK(seen("1") == std::vector<std::string>{"gone", "b", "a"});
  CHECK(seen("1.4") == std::vector<std::string>{"a"});
  CHECK(seen("1.4.9") == std::vector<std::string>{"a"});
  CHECK(seen("1.10") == std::vector<std::string>{"b"});
  CHECK(seen("1.99").empty());
  CHECK(f.store.get("1.4.9", "b").error() == Errc::NotFound);

  const auto with = [&](const std::string& scope, const std::string& sql) {
    return f.pool.with([&](postgres::Transaction& tx) -> Result<std::string> {
      if (!scope.empty()) tx.set_local("pbx.scope", scope);
      const auto rows = tx.exec(sql);
      return rows.empty() ? std::to_string(rows.affected()) : rows.front()[0].str();
    });
  };
  CHECK(*with("", "SELECT count(*) FROM cdrs") == "0");
  CHECK(*with("1.4", "SELECT count(*) FROM bad_events") == "0");
  CHECK(with("1.4.9", "UPDATE cdrs SET duration_ms = 0 WHERE tenant_id = 9").error() ==
        Errc::PermissionDenied);
  CHECK(with("1", "DELETE FROM cdrs").error() == Errc::PermissionDenied);
  CHECK(with("1", "SELECT * FROM credentials").error() == Errc::PermissionDenied);
}
