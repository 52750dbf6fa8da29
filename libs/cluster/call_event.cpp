#include "cluster/call_event.hpp"

#include <cassert>

#include "calls/dialogs_of.hpp"

namespace pbx::cluster {

using events::v1::CallEvent;

CallEvent call_event(const state::v1::DialogRecord& record, events::v1::CallEventKind kind,
                     std::uint32_t sequence, std::string_view node, std::int64_t at_ms) {
  CallEvent event;
  event.set_call_id(record.call_id());
  event.set_sequence(sequence);
  event.set_kind(kind);
  event.set_at_ms(at_ms);
  event.set_tenant_id(record.tenant_id());
  event.set_node(node.data(), node.size());
  event.set_sip_call_id(record.sip_call_id());
  event.set_started_at_ms(record.started_at_ms());
  event.set_ringing_at_ms(record.ringing_at_ms());
  event.set_answered_at_ms(record.answered_at_ms());
  auto& parties = *event.mutable_parties();
  parties.set_caller(calls::caller_of(record).aor());
  parties.set_caller_name(record.caller_name());
  parties.set_dialled(record.dialled());
  parties.set_callee(record.callee_aor());
  if (record.answered_at_ms() != 0) parties.set_answered_by(calls::callee_of(record).contact());
  parties.set_caller_user_id(record.caller_user_id());
  parties.set_callee_user_id(record.callee_user_id());
  return event;
}

std::vector<CallEvent> events_until(const calls::Call& dialog, std::string_view node) {
  using namespace events::v1;
  struct Moment {
    CallEventKind kind;
    std::int64_t at_ms;
  };
  const auto& record = dialog.record;
  const Moment moments[] = {{CALL_EVENT_KIND_STARTED, record.started_at_ms()},
                            {CALL_EVENT_KIND_RINGING, record.ringing_at_ms()},
                            {CALL_EVENT_KIND_ANSWERED, record.answered_at_ms()}};
  const auto last = dialog.sequence - (dialog.end ? 1 : 0);
  std::vector<CallEvent> events;
  auto known = record;  // as it was at each moment
  known.clear_ringing_at_ms();
  known.clear_answered_at_ms();
  // A RINGING that could not be written has no number.
  const bool silent = record.answered_at_ms() != 0 && last < 3;
  for (const auto& [kind, at_ms] : moments) {
    if (at_ms == 0 || events.size() == last) continue;
    if (kind == CALL_EVENT_KIND_RINGING && silent) continue;
    if (kind == CALL_EVENT_KIND_RINGING) known.set_ringing_at_ms(at_ms);
    if (kind == CALL_EVENT_KIND_ANSWERED) known.set_answered_at_ms(at_ms);
    const auto sequence = static_cast<std::uint32_t>(events.size() + 1);
    events.push_back(call_event(known, kind, sequence, node, at_ms));
  }
  return events;
}

CallEvent ended_event(const calls::Call& ended) {
  assert(ended.end);
  const auto& end = *ended.end;
  auto event = call_event(ended.record, events::v1::CALL_EVENT_KIND_ENDED, ended.sequence, end.node,
                          end.at_ms);
  event.set_ended_at_ms(end.at_ms);
  event.set_outcome(end.outcome);
  event.set_sip_code(end.sip_code);
  event.set_reason(end.reason);
  event.set_hung_up_by(end.hung_up_by);
  return event;
}

}  // namespace pbx::cluster
