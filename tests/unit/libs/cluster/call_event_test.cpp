#include "cluster/call_event.hpp"

#include <catch2/catch.hpp>

using namespace pbx;

TEST_CASE("The ENDED event repeats all that earlier ones said", "[cluster]") {
  calls::Call dialog;
  auto& record = dialog.record;
  record.set_call_id("c1");
  record.set_sip_call_id("a@b");
  record.set_tenant_id(7);
  record.set_started_at_ms(100);
  record.set_ringing_at_ms(200);
  record.set_answered_at_ms(300);
  record.add_legs()->set_aor("1001@hq.north.pbx.test");
  record.add_legs()->set_contact("sip:1002@10.0.0.8");
  record.set_dialled("1002");
  record.set_callee_aor("1002@hq.north.pbx.test");
  record.set_caller_name("Ada");
  record.set_caller_user_id(1);
  record.set_callee_user_id(2);
  dialog.sequence = 4;
  dialog.end = calls::End{900,
                          events::v1::CALL_OUTCOME_ANSWERED,
                          200,
                          "the caller hung up",
                          events::v1::CALL_PARTY_CALLER,
                          "proxy-1"};

  const auto event = cluster::ended_event(dialog);
  CHECK(event.kind() == events::v1::CALL_EVENT_KIND_ENDED);
  CHECK(event.call_id() == "c1");
  CHECK(event.sequence() == 4);
  CHECK(event.at_ms() == 900);
  CHECK(event.node() == "proxy-1");
  CHECK(event.tenant_id() == 7);
  CHECK(event.sip_call_id() == "a@b");
  CHECK(event.started_at_ms() == 100);
  CHECK(event.ringing_at_ms() == 200);
  CHECK(event.answered_at_ms() == 300);
  CHECK(event.ended_at_ms() == 900);
  CHECK(event.outcome() == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(event.sip_code() == 200);
  CHECK(event.hung_up_by() == events::v1::CALL_PARTY_CALLER);
  CHECK(event.parties().caller() == "1001@hq.north.pbx.test");
  CHECK(event.parties().answered_by() == "sip:1002@10.0.0.8");
  CHECK(event.parties().callee() == "1002@hq.north.pbx.test");
  CHECK(event.parties().dialled() == "1002");
  CHECK(event.parties().caller_name() == "Ada");
  // Sent again by another node it is the same, byte for byte.
  CHECK(cluster::ended_event(dialog).SerializeAsString() == event.SerializeAsString());
}

TEST_CASE("What a lost node may not have told is told again with the same numbers", "[cluster]") {
  using events::v1::CallEventKind;
  calls::Call dialog;
  auto& record = dialog.record;
  record.set_call_id("c1");
  record.set_started_at_ms(100);
  record.add_legs();
  record.add_legs()->set_contact("sip:1002@10.0.0.8");
  const auto told = [&] {
    std::vector<std::pair<CallEventKind, std::uint32_t>> all;
    for (const auto& event : cluster::events_until(dialog, "proxy-2")) {
      all.emplace_back(event.kind(), event.sequence());
    }
    return all;
  };
  using Told = std::vector<std::pair<CallEventKind, std::uint32_t>>;
  constexpr auto kStarted = events::v1::CALL_EVENT_KIND_STARTED;
  constexpr auto kRinging = events::v1::CALL_EVENT_KIND_RINGING;
  constexpr auto kAnswered = events::v1::CALL_EVENT_KIND_ANSWERED;

  dialog.sequence = 1;
  CHECK(told() == Told{{kStarted, 1}});
  record.set_answered_at_ms(300);  // without a word before
  dialog.sequence = 2;
  CHECK(told() == Told{{kStarted, 1}, {kAnswered, 2}});
  record.set_ringing_at_ms(200);  // which was not written
  CHECK(told() == Told{{kStarted, 1}, {kAnswered, 2}});
  dialog.sequence = 3;
  CHECK(told() == Told{{kStarted, 1}, {kRinging, 2}, {kAnswered, 3}});
  dialog.end = calls::End{};
  dialog.sequence = 4;
  CHECK(told() == Told{{kStarted, 1}, {kRinging, 2}, {kAnswered, 3}});

  const auto events = cluster::events_until(dialog, "proxy-2");
  CHECK(events[1].at_ms() == 200);
  CHECK(events[1].answered_at_ms() == 0);
  CHECK(events[1].parties().answered_by().empty());
  CHECK(events[2].parties().answered_by() == "sip:1002@10.0.0.8");
}

TEST_CASE("A call that was not answered has nobody who answered it", "[cluster]") {
  state::v1::DialogRecord record;
  record.add_legs();
  record.add_legs()->set_contact("sip:1002@10.0.0.8");
  const auto event =
      cluster::call_event(record, events::v1::CALL_EVENT_KIND_RINGING, 2, "proxy-1", 5);
  CHECK(event.parties().answered_by().empty());
  CHECK(event.ended_at_ms() == 0);
  CHECK(event.sequence() == 2);
}
