#include <catch2/catch.hpp>

#include "integration/billing/site.hpp"
#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::ended;
using test::eventually;
using test::Reading;
using test::Site;

TEST_CASE("Each call told on the topic has one CDR", "[billing][kafka]") {
  Site site;
  for (int i = 0; i < 50; ++i) site.tell_call("c" + std::to_string(i));
  Reading reading{site};
  CHECK(eventually([&] { return site.cdrs() == 50; }));
  for (int i = 0; i < 50; ++i) site.tell_call("c" + std::to_string(i));  // all of it once more
  for (int i = 50; i < 60; ++i) site.tell_call("c" + std::to_string(i));
  CHECK(eventually([&] { return site.cdrs() == 60; }));
  CHECK(eventually([&] { return reading.metrics.cdrs_repeated.Value() == 50; }));
  CHECK(reading.metrics.cdrs.Value() == 60);
  CHECK(reading.metrics.sequence_gaps.Value() == 0);
  CHECK(reading.reader.database_ok());
}

TEST_CASE("A process that starts again goes on where its rows end", "[billing][kafka]") {
  Site site;
  {
    Reading first{site};
    for (int i = 0; i < 20; ++i) site.tell_call("c" + std::to_string(i));
    REQUIRE(eventually([&] { return site.cdrs() == 20; }));
    // Also the offsets of events that make no row are kept, after a while.
    REQUIRE(eventually([&] {
      return site.sql("SELECT sum(next_offset) FROM kafka_offsets WHERE next_offset > 0") == "80";
    }));
  }
  for (int i = 20; i < 25; ++i) site.tell_call("c" + std::to_string(i));
  Reading second{site};
  CHECK(eventually([&] { return site.cdrs() == 25; }));
  CHECK(second.metrics.event(events::v1::CALL_EVENT_KIND_ENDED).Value() == 5);
  CHECK(second.metrics.cdrs_repeated.Value() == 0);
}

TEST_CASE("What cannot be read is put aside and the rest goes on", "[billing][kafka]") {
  Site site;
  auto nobodys = ended("nobody's");
  nobodys.set_tenant_id(0);
  site.tell("garbage", "\xff\xff\xff\xff");
  site.tell("tombstone", "");
  site.tell(nobodys);
  site.tell_call("good");
  Reading reading{site};
  CHECK(eventually([&] { return site.cdrs() == 1; }));
  CHECK(eventually([&] { return site.sql("SELECT count(*) FROM bad_events") == "3"; }));
  CHECK(site.sql("SELECT encode(payload, 'hex') FROM bad_events WHERE key = 'garbage'") ==
        "ffffffff");
  CHECK(site.sql("SELECT reason FROM bad_events WHERE key = 'nobody''s'") == "tenant");
  CHECK(reading.metrics.bad("payload").Value() == 2);
}

TEST_CASE("A row that the database refuses does not hold up the others", "[billing][kafka]") {
  Site site;
  site.sql("ALTER TABLE cdrs ADD CHECK (call_id <> 'refused')");
  site.tell_call("before");
  site.tell_call("refused");
  site.tell_call("after");
  site.flush();
  Reading reading{site};
  CHECK(eventually([&] { return site.cdrs() == 2; }));
  CHECK(eventually([&] {
    return site.sql(
               "SELECT string_agg(reason || ' ' || encode(key, 'escape'), ',') FROM bad_events") ==
           "refused refused";
  }));
  CHECK(eventually([&] {
    return site.sql("SELECT sum(next_offset) FROM kafka_offsets WHERE next_offset > 0") == "12";
  }));
}

TEST_CASE("While the database is away nothing is lost, and it catches up", "[billing][kafka]") {
  Site site;
  Reading reading{site};
  site.tell_call("before");
  REQUIRE(eventually([&] { return site.cdrs() == 1; }));
  site.books.server().stop();
  for (int i = 0; i < 30; ++i) site.tell_call("c" + std::to_string(i));
  site.flush();
  CHECK(eventually([&] { return !reading.reader.database_ok(); }));
  site.books.server().start();
  CHECK(eventually([&] { return site.cdrs() == 31; }));
  CHECK(eventually([&] { return reading.reader.database_ok(); }));
}

TEST_CASE("A reader that starts without its database waits for it", "[billing][kafka]") {
  Site site;
  site.tell_call("c");
  site.flush();
  site.books.server().stop();
  Reading reading{site};
  CHECK_FALSE(reading.reader.database_ok());
  site.books.server().start();
  CHECK(eventually([&] { return site.cdrs() == 1; }));
}

TEST_CASE("While the broker is away it waits, and goes on", "[billing][kafka]") {
  Site site;
  Reading reading{site};
  site.tell_call("before");
  REQUIRE(eventually([&] { return site.cdrs() == 1; }));
  site.kafka.down();
  site.tell_call("during");
  site.kafka.up();
  CHECK(eventually([&] { return site.cdrs() == 2; }, 60s));
}

TEST_CASE("Two processes share the partitions, and one takes over from the other",
          "[billing][kafka]") {
  Site site;
  auto first = std::make_unique<Reading>(site, "billing-1");
  REQUIRE(eventually([&] { return first->metrics.partitions.Value() == Site::kPartitions; }));
  Reading second{site, "billing-2"};
  REQUIRE(eventually(
      [&] {
        return first->metrics.partitions.Value() > 0 && second.metrics.partitions.Value() > 0 &&
               first->metrics.partitions.Value() + second.metrics.partitions.Value() ==
                   Site::kPartitions;
      },
      60s));
  for (int i = 0; i < 40; ++i) site.tell_call("a" + std::to_string(i));
  CHECK(eventually([&] { return site.cdrs() == 40; }));
  CHECK(site.sql("SELECT count(DISTINCT owner) FROM kafka_offsets") == "2");

  first.reset();
  for (int i = 0; i < 40; ++i) site.tell_call("b" + std::to_string(i));
  CHECK(eventually([&] { return site.cdrs() == 80; }, 60s));
  CHECK(second.metrics.partitions.Value() == Site::kPartitions);
  CHECK(site.sql("SELECT count(DISTINCT owner) FROM kafka_offsets") == "1");
}

TEST_CASE("A partition that was claimed behind its back is asked for anew", "[billing][kafka]") {
  Site site;
  Reading reading{site};
  site.tell_call("before");
  REQUIRE(eventually([&] { return site.cdrs() == 1; }));
  REQUIRE(eventually([&] { return reading.metrics.partitions.Value() == Site::kPartitions; }));
  site.sql("UPDATE kafka_offsets SET generation = generation + 1, owner = 'a stranger'");
  for (int i = 0; i < 20; ++i) site.tell_call("c" + std::to_string(i));
  CHECK(eventually([&] { return site.cdrs() == 21; }, 60s));
  CHECK(reading.metrics.fenced.Value() >= 1);
  CHECK(site.sql("SELECT count(*) FROM kafka_offsets WHERE owner = 'billing-1'") == "4");
}

TEST_CASE("Missing events of a call are counted", "[billing][kafka]") {
  Site site;
  Reading reading{site};
  using enum events::v1::CallEventKind;
  site.tell(test::event("gappy", 1, CALL_EVENT_KIND_STARTED));
  site.tell(test::event("gappy", 3, CALL_EVENT_KIND_ANSWERED));
  site.tell(ended("gappy", 4));
  CHECK(eventually([&] { return site.cdrs() == 1; }));
  CHECK(reading.metrics.sequence_gaps.Value() == 1);
}
