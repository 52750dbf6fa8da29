#include <catch2/catch.hpp>

#include <csignal>
#include <cstdlib>
#include <thread>

#include "phone.hpp"
#include "site.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::Phone;
using test::Site;

namespace {

struct TwoPhones {
  explicit TwoPhones(Site& site)
      : ann{"1001", "hq.test", site.sip_port(0)}, bob{"1002", "hq.test", site.sip_port(1)} {
    bob.enroll();
  }

  /// Ann calls Bob; his INVITE.
  sip::StoredMessage ring() {
    ann.call("1002");
    auto invite = bob.expect("INVITE");
    bob.answer(invite.get(), 180);
    ann.expect(180);
    return invite;
  }
  void answer(const sip::StoredMessage& invite) {
    bob.pick_up(invite.get());
    ann.acknowledge(ann.expect(200).get());
    bob.expect("ACK");
  }
  void talk() { answer(ring()); }
  void hang_up() { hang_up(bob, ann); }
  static void hang_up(Phone& one, Phone& other) {
    one.in_dialog("BYE");
    other.answer(other.expect("BYE").get(), 200);
    one.expect(200);
  }

  Phone ann, bob;
};

}  // namespace

TEST_CASE("While Redis does not answer calls end, and are booked when it does", "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  phones.talk();
  site.redis.freeze();
  phones.hang_up();
  phones.ann.call("1002");
  CHECK(phones.ann.expect(503)->has(sip::HeaderId::RetryAfter));
  site.redis.resume();
  const auto ended = site.ended(1);
  REQUIRE_FALSE(ended.empty());
  CHECK(ended[0].outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended[0].hung_up_by() == events::v1::CALL_PARTY_CALLEE);
  CHECK(test::eventually([&] { return site.proxy(0).ready(); }));
  phones.talk();
  phones.hang_up();
}

namespace {

void tell_redis(const Site& site, const std::string& command) {
  const auto line =
      "redis-cli -p " + std::to_string(site.redis.port()) + " " + command + " > /dev/null";
  REQUIRE(std::system(line.c_str()) == 0);
}

/// Redis answers questions and writes nothing.
void let_redis_write(const Site& site, bool allowed) {
  tell_redis(site, std::string{"config set maxmemory "} + (allowed ? "0" : "1"));
}

}  // namespace

TEST_CASE("What cannot be written because Redis is full is written when it is not",
          "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  const auto invite = phones.ring();
  CHECK(test::eventually([&] { return site.events().size() == 2; }));
  let_redis_write(site, false);
  phones.answer(invite);
  SECTION("hung up by the callee") { phones.hang_up(); }
  SECTION("hung up by the caller") { phones.hang_up(phones.ann, phones.bob); }
  let_redis_write(site, true);
  const auto ended = site.ended(1);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended[0].sequence() == 4);
  CHECK(ended[0].answered_at_ms() != 0);
  CHECK(ended[0].parties().answered_by() != "");
}

TEST_CASE("An answer that its proxy could not write and took with it is noted at the hang-up",
          "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  const auto invite = phones.ring();
  CHECK(test::eventually([&] { return site.events().size() == 2; }));  // RINGING is written
  let_redis_write(site, false);
  phones.answer(invite);
  site.kill_proxy(0);
  let_redis_write(site, true);
  site.start_proxy(0);
  const auto resumed = [&] { return site.proxy(0).metric("pbx_proxy_calls_resumed_total"); };
  auto by = events::v1::CALL_PARTY_CALLEE;
  SECTION("at once, by the callee") { phones.hang_up(); }
  SECTION("at once, by the caller") {
    phones.hang_up(phones.ann, phones.bob);
    by = events::v1::CALL_PARTY_CALLER;
  }
  SECTION("by the caller, when it was taken over as one that rings") {
    CHECK(test::eventually([&] { return resumed() == 1; }));
    phones.hang_up(phones.ann, phones.bob);
    by = events::v1::CALL_PARTY_CALLER;
  }
  const auto ended = site.ended(1);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended[0].hung_up_by() == by);
  CHECK(ended[0].sequence() == 4);
  CHECK(ended[0].answered_at_ms() == ended[0].ended_at_ms());  // what is not known is not charged
}

TEST_CASE("Calls outlive a Redis that lost everything, and each is booked once",
          "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  const auto lose_all = [&] {
    site.redis.kill();
    site.redis.start();
  };
  const auto restored = [&] { return site.proxy(0).metric("pbx_proxy_records_restored_total"); };
  SECTION("hung up at once") {
    phones.talk();
    lose_all();
    phones.hang_up();
  }
  SECTION("hung up when the record is there again") {
    phones.talk();
    lose_all();
    CHECK(test::eventually([&] { return restored() == 1; }));
    phones.hang_up();
  }
  SECTION("answered after the loss") {
    const auto invite = phones.ring();
    CHECK(test::eventually([&] { return site.events().size() == 2; }));  // RINGING is written
    lose_all();
    CHECK(test::eventually([&] { return restored() == 1; }));
    phones.answer(invite);
    phones.hang_up();
  }
  const auto ended = site.ended(1);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended[0].hung_up_by() == events::v1::CALL_PARTY_CALLEE);
  CHECK(ended[0].sequence() == 4);
  CHECK(restored() == 1);
}

TEST_CASE("While Kafka is away calls go on and their events come later", "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  phones.talk();
  phones.hang_up();
  CHECK(site.ended(1).size() == 1);
  site.kafka.down();
  for (int i = 0; i < 3; ++i) {
    phones.talk();
    phones.hang_up();
  }
  const auto spooled = [&] { return site.proxy(0).metric("pbx_event_spool_records"); };
  CHECK(test::eventually([&] { return spooled() == 12; }));
  site.kafka.up();
  CHECK(test::eventually([&] { return spooled() == 0; }));
  CHECK(site.proxy(0).metric("pbx_events_resent_total") == 12);
}

TEST_CASE("A process that slept does not bring back what others have ended and forgotten",
          "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  phones.talk();
  auto& sleeper = site.proxy(0).process();
  const auto calls = [&] { return site.proxy(0).metric("pbx_proxy_live_calls"); };
  CHECK(test::eventually([&] { return calls() == 1; }));
  sleeper.pause();
  std::this_thread::sleep_for(13s);  // two leases
  tell_redis(site, "flushall");  // what is left of a call after the minutes that it is remembered
  tell_redis(site, "client kill type normal");
  sleeper.signal(SIGCONT);
  CHECK(test::eventually([&] { return calls() == 0; }));
  CHECK_THAT(site.proxy(0).log(), Catch::Contains("this process slept"));
  CHECK(site.proxy(0).metric("pbx_proxy_records_restored_total") == 0);
}
