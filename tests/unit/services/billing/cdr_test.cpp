#include "billing/domain/cdr.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <limits>

#include "unit/services/billing/events.hpp"

using namespace pbx;
using namespace pbx::billing;
using events::v1::CallEvent;

namespace {

FinishedCall made(const CallEvent& event) {
  auto outcome = make_cdr(event);
  REQUIRE(std::holds_alternative<FinishedCall>(outcome));
  return std::get<FinishedCall>(std::move(outcome));
}

}  // namespace

TEST_CASE("A CDR says what the call's last event says", "[billing]") {
  const auto call = made(test::ended("c1"));
  CHECK(call.sequence == 4);
  CHECK(call.caller_user_id == 12);
  CHECK(call.callee_user_id == 13);
  CHECK(call.cdr.ShortDebugString() ==
        "call_id: \"c1\" tenant_id: 9 caller: \"1001@hq.test\" caller_name: \"Anna\" "
        "dialled: \"1002\" callee: \"1002@hq.test\" answered_by: \"sip:1002@10.0.0.2\" "
        "started_at_ms: 1750000000000 ringing_at_ms: 1750000000400 answered_at_ms: 1750000004000 "
        "ended_at_ms: 1750000065250 duration_ms: 61250 outcome: \"answered\" sip_code: 200 "
        "hung_up_by: \"callee\" sip_call_id: \"abc@10.0.0.1\" node: \"proxy-1\"");
}

TEST_CASE("The duration counts from the answer and is never negative", "[billing]") {
  auto event = test::ended("c1");
  event.set_answered_at_ms(0);
  event.set_outcome(events::v1::CALL_OUTCOME_CANCELLED);
  CHECK(made(event).cdr.duration_ms() == 0);
  CHECK(made(event).cdr.outcome() == "cancelled");
  event.set_answered_at_ms(event.ended_at_ms() + 40);  // two nodes' clocks
  CHECK(made(event).cdr.duration_ms() == 0);
}

TEST_CASE("Each outcome has its name", "[billing]") {
  const auto [outcome, name] = GENERATE(table<events::v1::CallOutcome, std::string>({
      {events::v1::CALL_OUTCOME_ANSWERED, "answered"},
      {events::v1::CALL_OUTCOME_CANCELLED, "cancelled"},
      {events::v1::CALL_OUTCOME_BUSY, "busy"},
      {events::v1::CALL_OUTCOME_NO_ANSWER, "no_answer"},
      {events::v1::CALL_OUTCOME_DECLINED, "declined"},
      {events::v1::CALL_OUTCOME_NOT_FOUND, "not_found"},
      {events::v1::CALL_OUTCOME_UNREACHABLE, "unreachable"},
      {events::v1::CALL_OUTCOME_FAILED, "failed"},
      {static_cast<events::v1::CallOutcome>(99), "failed"},
      {events::v1::CALL_OUTCOME_UNSPECIFIED, "answered"},  // the sample was answered
  }));
  auto event = test::ended("c1");
  event.set_outcome(outcome);
  CHECK(made(event).cdr.outcome() == name);
}

TEST_CASE("An event that makes no sense is refused for a reason", "[billing]") {
  using Spoil = std::function<void(CallEvent&)>;
  const auto [reason, spoil] = GENERATE(table<std::string, Spoil>({
      {"call_id", [](CallEvent& e) { e.clear_call_id(); }},
      {"call_id", [](CallEvent& e) { e.set_call_id(std::string(201, 'x')); }},
      {"call_id", [](CallEvent& e) { e.set_call_id(std::string("a\0b", 3)); }},
      {"tenant", [](CallEvent& e) { e.set_tenant_id(0); }},
      {"tenant", [](CallEvent& e) { e.set_tenant_id(std::numeric_limits<std::uint64_t>::max()); }},
      {"user",
       [](CallEvent& e) {
         e.mutable_parties()->set_caller_user_id(std::numeric_limits<std::uint64_t>::max());
       }},
      {"time", [](CallEvent& e) { e.set_started_at_ms(0); }},
      {"time", [](CallEvent& e) { e.set_ended_at_ms(0); }},
      {"time", [](CallEvent& e) { e.set_ringing_at_ms(-1); }},
      {"time",
       [](CallEvent& e) { e.set_answered_at_ms(std::numeric_limits<std::int64_t>::max()); }},
  }));
  auto event = test::ended("c1");
  spoil(event);
  const auto outcome = make_cdr(event);
  REQUIRE(std::holds_alternative<BadEvent>(outcome));
  CHECK(std::get<BadEvent>(outcome).reason == reason);
}

TEST_CASE("Text that a database cannot hold is mended", "[billing]") {
  auto event = test::ended("c1");
  event.mutable_parties()->set_dialled(
      std::string("10\0"
                  "02",
                  5));
  std::string longish;
  for (int i = 0; i < 400; ++i) longish += "\xE2\x98\x8E";  // three bytes each
  event.mutable_parties()->set_caller_name(longish);
  event.set_sip_code(4'000'000'000);
  const auto call = made(event);
  CHECK(call.cdr.dialled() == "1002");
  CHECK(call.cdr.caller_name() == longish.substr(0, 1023));  // whole characters only
  CHECK(call.cdr.sip_code() == 999);
}
