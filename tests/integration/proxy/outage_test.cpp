#include <catch2/catch.hpp>

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

  void talk() {
    ann.call("1002");
    const auto invite = bob.expect("INVITE");
    bob.answer(invite.get(), 180);
    ann.expect(180);
    bob.pick_up(invite.get());
    ann.acknowledge(ann.expect(200).get());
    bob.expect("ACK");
  }
  void hang_up() {
    bob.in_dialog("BYE");
    ann.answer(ann.expect("BYE").get(), 200);
    bob.expect(200);
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

TEST_CASE("An answer that its proxy could not write and took with it is noted at the hang-up",
          "[proxy][outage]") {
  Site site;
  TwoPhones phones{site};
  phones.ann.call("1002");
  const auto invite = phones.bob.expect("INVITE");
  phones.bob.answer(invite.get(), 180);
  phones.ann.expect(180);
  CHECK(test::eventually([&] { return site.events().size() == 2; }));  // RINGING is written
  site.redis.freeze();
  phones.bob.pick_up(invite.get());
  phones.ann.acknowledge(phones.ann.expect(200).get());
  phones.bob.expect("ACK");
  site.kill_proxy(0);
  site.redis.resume();
  site.start_proxy(0);
  phones.hang_up();
  const auto ended = site.ended(1);
  REQUIRE(ended.size() == 1);
  CHECK(ended[0].outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended[0].sequence() == 4);
  CHECK(ended[0].answered_at_ms() != 0);
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
    phones.ann.call("1002");
    const auto invite = phones.bob.expect("INVITE");
    phones.bob.answer(invite.get(), 180);
    phones.ann.expect(180);
    CHECK(test::eventually([&] { return site.events().size() == 2; }));  // RINGING is written
    lose_all();
    CHECK(test::eventually([&] { return restored() == 1; }));
    phones.bob.pick_up(invite.get());
    phones.ann.acknowledge(phones.ann.expect(200).get());
    phones.bob.expect("ACK");
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
