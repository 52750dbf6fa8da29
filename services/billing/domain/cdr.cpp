#include "billing/domain/cdr.hpp"

#include <algorithm>
#include <limits>

namespace pbx::billing {
namespace {

constexpr std::int64_t kLatest = 253'402'300'799'000;  // 9999-12-31, in ms
constexpr std::size_t kLongestText = 1024;

bool is_time(std::int64_t ms) { return ms >= 0 && ms <= kLatest; }

/// Without NULs and cut at a character's beginning; protobuf has checked that it is UTF-8.
std::string kept(const std::string& text) {
  std::string out = text.substr(0, kLongestText);
  if (text.size() > kLongestText) {
    auto end = kLongestText;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
    out.resize(end);
  }
  out.erase(std::remove(out.begin(), out.end(), '\0'), out.end());
  return out;
}

bool fits(std::uint64_t number) {
  return number <= static_cast<std::uint64_t>(std::numeric_limits<std::int64_t>::max());
}

events::v1::CallOutcome outcome_of(const events::v1::CallEvent& event) {
  if (event.outcome() != events::v1::CALL_OUTCOME_UNSPECIFIED) return event.outcome();
  return event.answered_at_ms() != 0 ? events::v1::CALL_OUTCOME_ANSWERED
                                     : events::v1::CALL_OUTCOME_FAILED;
}

}  // namespace

std::string_view outcome_name(events::v1::CallOutcome outcome) {
  switch (outcome) {
    case events::v1::CALL_OUTCOME_ANSWERED:
      return "answered";
    case events::v1::CALL_OUTCOME_CANCELLED:
      return "cancelled";
    case events::v1::CALL_OUTCOME_BUSY:
      return "busy";
    case events::v1::CALL_OUTCOME_NO_ANSWER:
      return "no_answer";
    case events::v1::CALL_OUTCOME_DECLINED:
      return "declined";
    case events::v1::CALL_OUTCOME_NOT_FOUND:
      return "not_found";
    case events::v1::CALL_OUTCOME_UNREACHABLE:
      return "unreachable";
    default:
      return "failed";
  }
}

std::string_view party_name(events::v1::CallParty party) {
  switch (party) {
    case events::v1::CALL_PARTY_CALLER:
      return "caller";
    case events::v1::CALL_PARTY_CALLEE:
      return "callee";
    case events::v1::CALL_PARTY_PLATFORM:
      return "platform";
    default:
      return "";
  }
}

std::variant<FinishedCall, BadEvent> make_cdr(const events::v1::CallEvent& event) {
  const auto& parties = event.parties();
  if (event.call_id().empty() || event.call_id().size() > 200 ||
      event.call_id().find('\0') != std::string::npos) {
    return BadEvent{"call_id"};
  }
  if (event.tenant_id() == 0 || !fits(event.tenant_id())) return BadEvent{"tenant"};
  if (!fits(parties.caller_user_id()) || !fits(parties.callee_user_id())) return BadEvent{"user"};
  if (event.started_at_ms() <= 0 || event.ended_at_ms() <= 0 || !is_time(event.started_at_ms()) ||
      !is_time(event.ringing_at_ms()) || !is_time(event.answered_at_ms()) ||
      !is_time(event.ended_at_ms())) {
    return BadEvent{"time"};
  }

  FinishedCall call;
  call.sequence = event.sequence();
  call.caller_user_id = parties.caller_user_id();
  call.callee_user_id = parties.callee_user_id();
  auto& cdr = call.cdr;
  cdr.set_call_id(event.call_id());
  cdr.set_tenant_id(event.tenant_id());
  cdr.set_caller(kept(parties.caller()));
  cdr.set_caller_name(kept(parties.caller_name()));
  cdr.set_dialled(kept(parties.dialled()));
  cdr.set_callee(kept(parties.callee()));
  cdr.set_answered_by(kept(parties.answered_by()));
  cdr.set_started_at_ms(event.started_at_ms());
  cdr.set_ringing_at_ms(event.ringing_at_ms());
  cdr.set_answered_at_ms(event.answered_at_ms());
  cdr.set_ended_at_ms(event.ended_at_ms());
  if (event.answered_at_ms() != 0) {
    // Two nodes' clocks may differ by more than a very short call lasted.
    cdr.set_duration_ms(std::max<std::int64_t>(0, event.ended_at_ms() - event.answered_at_ms()));
  }
  cdr.set_outcome(std::string{outcome_name(outcome_of(event))});
  cdr.set_sip_code(std::min(event.sip_code(), 999U));
  cdr.set_reason(kept(event.reason()));
  cdr.set_hung_up_by(std::string{party_name(event.hung_up_by())});
  cdr.set_sip_call_id(kept(event.sip_call_id()));
  cdr.set_node(kept(event.node()));
  return call;
}

}  // namespace pbx::billing
