#include "billing/domain/batch.hpp"

#include <prometheus/registry.h>

#include <catch2/catch.hpp>

#include "billing/metrics.hpp"
#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace pbx::billing;
using test::ended;

namespace {

struct Folded {
  prometheus::Registry registry;
  Metrics metrics{registry};
  Fold fold{metrics};

  Folded() {
    fold.begin(0, 10);
    fold.begin(1, -2);
  }
  void add(std::int32_t partition, std::int64_t offset, const std::string& payload) {
    fold.add({partition, offset, "key", payload});
  }
  void add(std::int32_t partition, std::int64_t offset, const events::v1::CallEvent& event) {
    add(partition, offset, event.SerializeAsString());
  }
  std::vector<std::string> call_ids() const {
    std::vector<std::string> ids;
    for (const auto& call : fold.batch().calls) ids.push_back(call.cdr.call_id());
    return ids;
  }
};

}  // namespace

TEST_CASE("A batch holds the ended calls and the place to go on from", "[billing]") {
  Folded f;
  CHECK(f.fold.batch().empty());
  f.add(0, 10, test::event("a", 1, events::v1::CALL_EVENT_KIND_STARTED));
  CHECK_FALSE(f.fold.batch().has_rows());
  CHECK_FALSE(f.fold.batch().empty());
  f.add(0, 11, ended("a"));
  f.add(1, 0, ended("b"));
  CHECK(f.call_ids() == std::vector<std::string>{"a", "b"});
  CHECK(f.fold.batch().next_offsets == std::map<std::int32_t, std::int64_t>{{0, 12}, {1, 1}});
  f.fold.clear();
  CHECK(f.fold.batch().empty());
}

TEST_CASE("What was read before, and what is another's, is left alone", "[billing]") {
  Folded f;
  f.add(0, 9, ended("before"));
  f.add(2, 100, ended("not ours"));
  CHECK(f.fold.batch().empty());
  f.add(0, 12, ended("a"));
  f.add(0, 12, ended("again"));
  f.add(0, 11, ended("older"));
  CHECK(f.call_ids() == std::vector<std::string>{"a"});
}

TEST_CASE("Of two ends of one call the one with the higher sequence holds", "[billing]") {
  Folded f;
  auto later = ended("a", 6);
  later.set_reason("later");
  f.add(0, 10, ended("a", 4));
  f.add(0, 11, later);
  f.add(0, 12, ended("a", 5));
  REQUIRE(f.fold.batch().calls.size() == 1);
  CHECK(f.fold.batch().calls[0].cdr.reason() == "later");
}

TEST_CASE("What makes no CDR is kept aside and never stops the rest", "[billing]") {
  Folded f;
  auto nobody = ended("nobody's");
  nobody.set_tenant_id(0);
  f.add(0, 10, std::string{"\xff\xff\xff"});
  f.add(0, 11, std::string{});
  f.add(0, 12, nobody);
  f.add(0, 13, test::event("a", 1, events::v1::CALL_EVENT_KIND_UNSPECIFIED));
  f.add(0, 14, ended("good"));
  CHECK(f.call_ids() == std::vector<std::string>{"good"});
  const auto& bad = f.fold.batch().bad;
  REQUIRE(bad.size() == 4);
  CHECK(bad[0].reason == "payload");
  CHECK(bad[0].payload == "\xff\xff\xff");
  CHECK(bad[1].reason == "payload");
  CHECK(bad[2].reason == "tenant");
  CHECK(bad[2].offset == 12);
  CHECK(bad[3].reason == "kind");
  CHECK(f.fold.batch().next_offsets.at(0) == 15);
  CHECK(f.metrics.bad("payload").Value() == 2);
}

TEST_CASE("A partition that is taken away takes what was gathered of it along", "[billing]") {
  Folded f;
  f.add(0, 10, ended("a"));
  f.add(1, 0, ended("b"));
  f.add(0, 11, std::string{"\xff"});
  f.add(1, 1, ended("c"));
  f.fold.end(0);
  CHECK(f.call_ids() == std::vector<std::string>{"b", "c"});
  CHECK(f.fold.batch().bad.empty());
  CHECK(f.fold.batch().next_offsets == std::map<std::int32_t, std::int64_t>{{1, 2}});
  auto again = ended("c", 9);
  f.add(1, 2, again);
  REQUIRE(f.fold.batch().calls.size() == 2);
  CHECK(f.fold.batch().calls[1].sequence == 9);
  f.fold.end_all();
  CHECK(f.fold.batch().empty());
}

TEST_CASE("A call that the database refuses becomes a bad event", "[billing]") {
  Folded f;
  f.add(0, 10, ended("a"));
  f.add(0, 11, ended("b"));
  f.add(0, 12, ended("c"));
  f.fold.refuse(1, "refused");
  CHECK(f.call_ids() == std::vector<std::string>{"a", "c"});
  REQUIRE(f.fold.batch().bad.size() == 1);
  CHECK(f.fold.batch().bad[0].offset == 11);
  CHECK(f.fold.batch().bad[0].payload == ended("b").SerializeAsString());
  f.add(0, 13, ended("c", 8));
  CHECK(f.fold.batch().calls[1].sequence == 8);
}

TEST_CASE("Gaps and repetitions are counted", "[billing]") {
  Folded f;
  f.add(0, 10, test::event("a", 1, events::v1::CALL_EVENT_KIND_STARTED));
  f.add(0, 11, test::event("a", 3, events::v1::CALL_EVENT_KIND_ANSWERED));
  f.add(0, 12, test::event("a", 3, events::v1::CALL_EVENT_KIND_ANSWERED));
  CHECK(f.metrics.sequence_gaps.Value() == 1);
  CHECK(f.metrics.repeated.Value() == 1);
  CHECK(f.metrics.event(events::v1::CALL_EVENT_KIND_ANSWERED).Value() == 2);
}
