#include <csignal>

#include <catch2/catch.hpp>

#include "phone.hpp"
#include "site.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using events::v1::CallEvent;
using test::By;
using test::Phone;
using test::Site;

namespace {

/// One site for all cases: each has its own phones and looks at the calls it made.
Site& site() {
  static Site one;
  return one;
}

std::vector<CallEvent> events_of(const std::string& call_id) {
  auto all = site().events();
  std::erase_if(all, [&](const CallEvent& event) { return event.call_id() != call_id; });
  return all;
}

/// The ENDED event of the call that comes next, its predecessors complete and in order.
CallEvent next_cdr(std::size_t& seen) {
  const auto ended = site().ended(seen + 1);
  REQUIRE(ended.size() == seen + 1);
  ++seen;
  const auto& last = ended.back();
  const auto events = events_of(last.call_id());
  for (std::size_t i = 0; i < events.size(); ++i) CHECK(events[i].sequence() == i + 1);
  CHECK(events.front().kind() == events::v1::CALL_EVENT_KIND_STARTED);
  return last;
}

std::size_t& seen() {
  static std::size_t count = 0;
  return count;
}

}  // namespace

TEST_CASE("Two phones on two nodes call each other", "[proxy]") {
  const auto [by_a, by_b, caller_ends] = GENERATE(table<By, By, bool>({
      {By::Udp, By::Udp, true},
      {By::Udp, By::Tcp, false},
      {By::Tcp, By::Udp, true},
      {By::Tcp, By::Tcp, false},
  }));
  CAPTURE(by_a == By::Tcp, by_b == By::Tcp, caller_ends);
  Phone ann{"1001", "hq.test", site().sip_port(0), by_a};
  Phone bob{"1002", "hq.test", site().sip_port(1), by_b};
  ann.enroll();
  bob.enroll();

  ann.call("1002");
  const auto invite = bob.expect("INVITE");
  bob.answer(invite.get(), 180);
  ann.expect(180);
  bob.pick_up(invite.get());
  const auto ok = ann.expect(200);
  ann.acknowledge(ok.get());
  bob.expect("ACK");

  auto& leaving = caller_ends ? ann : bob;
  auto& staying = caller_ends ? bob : ann;
  leaving.in_dialog("BYE");
  const auto bye = staying.expect("BYE");
  staying.answer(bye.get(), 200);
  leaving.expect(200);

  const auto cdr = next_cdr(seen());
  CHECK(cdr.outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(cdr.parties().caller() == "1001@hq.test");
  CHECK(cdr.parties().callee() == "1002@hq.test");
  CHECK(cdr.sequence() == 4);
  CHECK(cdr.started_at_ms() <= cdr.ringing_at_ms());
  CHECK(cdr.ringing_at_ms() <= cdr.answered_at_ms());
  CHECK(cdr.answered_at_ms() <= cdr.ended_at_ms());
  CHECK(cdr.hung_up_by() ==
        (caller_ends ? events::v1::CALL_PARTY_CALLER : events::v1::CALL_PARTY_CALLEE));
  bob.enroll(0);
}

TEST_CASE("Three phones ring, one answers, the others are told", "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone desk{"1002", "hq.test", site().sip_port(0)};
  Phone home{"1002", "hq.test", site().sip_port(1), By::Tcp};
  Phone mobile{"1002", "hq.test", site().sip_port(1)};
  for (auto* phone : {&desk, &home, &mobile}) phone->enroll();

  ann.call("1002");
  const auto at_desk = desk.expect("INVITE");
  const auto at_home = home.expect("INVITE");
  const auto at_mobile = mobile.expect("INVITE");
  desk.answer(at_desk.get(), 180);
  home.answer(at_home.get(), 180);
  mobile.answer(at_mobile.get(), 180);
  for (int i = 0; i < 3; ++i) ann.expect(180);
  home.pick_up(at_home.get());
  ann.acknowledge(ann.expect(200).get());
  home.expect("ACK");
  for (auto [phone, invite] : {std::pair{&desk, &at_desk}, std::pair{&mobile, &at_mobile}}) {
    const auto cancel = phone->expect("CANCEL");
    CHECK(cancel->value(sip::HeaderId::Reason) ==
          "SIP;cause=200;text=\"Call completed elsewhere\"");
    phone->answer(cancel.get(), 200);
    phone->answer(invite->get(), 487);
    phone->expect("ACK");
  }
  ann.in_dialog("BYE");
  home.answer(home.expect("BYE").get(), 200);
  ann.expect(200);
  CHECK(next_cdr(seen()).parties().answered_by() == home.contact());
  for (auto* phone : {&desk, &home, &mobile}) phone->enroll(0);
}

TEST_CASE("The caller gives up, the callee declines, nobody is there", "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone bob{"1002", "hq.test", site().sip_port(1)};
  bob.enroll();
  SECTION("cancelled") {
    ann.call("1002");
    const auto invite = bob.expect("INVITE");
    bob.answer(invite.get(), 180);
    ann.expect(180);
    ann.cancel();
    const auto cancel = bob.expect("CANCEL");
    bob.answer(cancel.get(), 200);
    bob.answer(invite.get(), 487);
    bob.expect("ACK");
    ann.expect(200);
    ann.expect(487);
    CHECK(next_cdr(seen()).outcome() == events::v1::CALL_OUTCOME_CANCELLED);
  }
  SECTION("busy") {
    ann.call("1002");
    bob.answer(bob.expect("INVITE").get(), 486);
    bob.expect("ACK");
    ann.expect(486);
    CHECK(next_cdr(seen()).outcome() == events::v1::CALL_OUTCOME_BUSY);
  }
  SECTION("unknown number") {
    ann.call("1777");
    ann.expect(404);
    const auto cdr = next_cdr(seen());
    CHECK(cdr.outcome() == events::v1::CALL_OUTCOME_NOT_FOUND);
    CHECK(cdr.parties().dialled() == "1777");
    CHECK(cdr.sequence() == 2);
  }
  SECTION("not registered") {
    ann.call("1003");
    ann.expect(480);
    CHECK(next_cdr(seen()).outcome() == events::v1::CALL_OUTCOME_UNREACHABLE);
  }
  SECTION("the other tenant's 1003 is not rung") {
    Phone stranger{"1003", "lab.test", site().sip_port(0)};
    stranger.enroll();
    ann.call("1003");
    ann.expect(480);
    CHECK(stranger.silent());
    next_cdr(seen());
    stranger.enroll(0);
  }
  bob.enroll(0);
}

TEST_CASE("A ringing call is answered through the proxy's successor", "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone bob{"1002", "hq.test", site().sip_port(1)};
  bob.enroll();
  ann.call("1002");
  const auto invite = bob.expect("INVITE");
  bob.answer(invite.get(), 180);
  ann.expect(180);
  site().kill_proxy(0);
  site().start_proxy(0);
  bob.pick_up(invite.get());
  ann.acknowledge(ann.expect(200).get());
  bob.expect("ACK");
  ann.in_dialog("BYE");
  bob.answer(bob.expect("BYE").get(), 200);
  ann.expect(200);
  // What the process had not handed to Kafka died with it; the last event says it all again.
  const auto ended = site().ended(++seen());
  REQUIRE(ended.size() == seen());
  CHECK(ended.back().outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(ended.back().sequence() == (ended.back().ringing_at_ms() == 0 ? 3 : 4));
  bob.enroll(0);
}

TEST_CASE("SIGTERM lets a ringing call end and takes no new one", "[proxy]") {
  Phone ann{"1001", "hq.test", site().sip_port(0)};
  Phone late{"1003", "hq.test", site().sip_port(0)};
  Phone bob{"1002", "hq.test", site().sip_port(1)};
  bob.enroll();
  ann.call("1002");
  const auto invite = bob.expect("INVITE");
  bob.answer(invite.get(), 180);
  ann.expect(180);
  site().proxy(0).process().signal(SIGTERM);
  CHECK(test::eventually([&] {
    const auto refused = late.ask("REGISTER", "sip:hq.test", "Expires: 0\r\n");
    return refused->status() == 503 && refused->has(sip::HeaderId::RetryAfter);
  }));
  bob.answer(invite.get(), 486);
  bob.expect("ACK");
  ann.expect(486);
  CHECK(site().proxy(0).process().wait() == 0);
  CHECK(next_cdr(seen()).outcome() == events::v1::CALL_OUTCOME_BUSY);
  site().start_proxy(0);
  bob.enroll(0);
}
