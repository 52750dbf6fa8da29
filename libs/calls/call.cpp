#include "calls/call.hpp"

#include <algorithm>
#include <utility>

#include "calls/dialogs_of.hpp"

namespace pbx::calls {
namespace {

using namespace state::v1;
using events::v1::CallEventKind;

constexpr int kMostLegs = 32;  ///< Of one call; more phones than that do not ring together.

Leg* callee_with(DialogRecord& record, std::string_view tag) {
  return const_cast<Leg*>(find_callee(record, tag));
}

Outcome known() { return {}; }

Outcome changed(Call& call, std::initializer_list<CallEventKind> facts = {}) {
  ++call.version;
  call.sequence += static_cast<std::uint32_t>(facts.size());
  return {Reply::Ok, true, facts};
}

void set_forks(DialogRecord& record, const std::vector<Fork>& forks) {
  record.clear_forks();
  for (const auto& fork : forks) *record.add_forks() = fork;
}

/// Nobody is called any more: what was needed to go on ringing goes.
void stop_ringing(DialogRecord& record) {
  record.clear_forks();
  record.clear_early();
}

void finish(Call& call, End end) {
  end.at_ms = std::max({end.at_ms, call.record.started_at_ms(), call.record.answered_at_ms()});
  call.record.set_state(DIALOG_STATE_ENDED);
  stop_ringing(call.record);
  call.end = std::move(end);
}

Outcome ended(Call& call, End end) {
  finish(call, std::move(end));
  return changed(call, {CallEventKind::CALL_EVENT_KIND_ENDED});
}

bool has(const DialogRecord& record, LegState state) {
  const auto& legs = record.legs();
  return std::any_of(legs.begin(), legs.end(),
                     [=](const Leg& leg) { return leg.state() == state; });
}

/// Confirmations may come in another order than the hang-ups that they are for.
std::int64_t last_hang_up(const DialogRecord& record) {
  std::int64_t last = 0;
  for (const auto& leg : record.legs()) last = std::max<std::int64_t>(last, leg.over_at_ms());
  return last;
}

/// Those that rang and did not answer.
void drop_early_legs(DialogRecord& record) {
  auto& legs = *record.mutable_legs();
  const auto last = std::remove_if(legs.begin(), legs.end(),
                                   [](const Leg& leg) { return leg.state() == LEG_STATE_EARLY; });
  legs.erase(last, legs.end());
}

Outcome on(Call& call, const Rang& event) {
  auto& record = call.record;
  if (call.end || call.answered()) return known();
  const bool is_new = !event.tag.empty() && find_callee(record, event.tag) == nullptr &&
                      record.legs_size() < kMostLegs;
  const bool first = record.state() == DIALOG_STATE_CALLING;
  if (!is_new && !first) return known();
  if (is_new) {
    auto& leg = *record.add_legs();
    leg.set_tag(event.tag);
    leg.set_flow(event.flow);
    leg.set_state(LEG_STATE_EARLY);
  }
  set_forks(record, event.forks);
  if (!first) return changed(call);
  record.set_ringing_at_ms(event.at_ms);
  record.set_state(DIALOG_STATE_RINGING);
  return changed(call, {CallEventKind::CALL_EVENT_KIND_RINGING});
}

Outcome on(Call& call, const BranchRefused& event) {
  if (call.end || call.answered()) return known();
  set_forks(call.record, event.forks);
  return changed(call);
}

void connect(DialogRecord& record, const Leg& callee) {
  auto* leg = callee_with(record, callee.tag());
  if (leg == nullptr) leg = record.add_legs();
  *leg = callee;
  leg->set_state(LEG_STATE_CONFIRMED);
}

Outcome first_answer(Call& call, const Answered& event) {
  auto& record = call.record;
  connect(record, event.callee);
  drop_early_legs(record);
  stop_ringing(record);
  record.set_answered_at_ms(std::max(event.at_ms, record.started_at_ms()));
  record.set_state(DIALOG_STATE_ANSWERED);
  return changed(call, {CallEventKind::CALL_EVENT_KIND_ANSWERED});
}

/// Answers although its caller had hung it up: it is not connected, and with no other leg left
/// there is no call.
Outcome late_answer(Call& call, const Answered& event) {
  Outcome outcome{Reply::Late, false, {}};
  if (call.answered()) return outcome;
  outcome = ended(call, given_up(event.at_ms));
  outcome.reply = Reply::Late;
  return outcome;
}

Outcome on(Call& call, const Answered& event) {
  if (call.end) return {Reply::Late, false, {}};
  const auto* leg = find_callee(call.record, event.callee.tag());
  if (leg != nullptr && leg->state() == LEG_STATE_OVER) return late_answer(call, event);
  if (leg != nullptr && leg->state() == LEG_STATE_CONFIRMED) return known();
  if (!call.answered()) return first_answer(call, event);
  if (call.record.legs_size() >= kMostLegs) return {Reply::Late, false, {}};
  connect(call.record, event.callee);
  return changed(call);
}

Outcome end_of_lost_answer(Call& call, const HungUp& event) {
  auto& record = call.record;
  const bool by_caller = caller_of(record).tag() == event.from_tag;
  if (!by_caller && caller_of(record).tag() != event.to_tag) return {Reply::NoDialog, false, {}};
  Answered answer;
  answer.callee.set_tag(by_caller ? event.to_tag : event.from_tag);
  if (answer.callee.tag().empty()) return {Reply::NoDialog, false, {}};
  answer.at_ms = event.at_ms;
  first_answer(call, answer);
  callee_with(record, answer.callee.tag())->set_state(LEG_STATE_OVER);
  finish(call, hung_up(by_caller, event.at_ms));
  ++call.sequence;
  return {Reply::Ok,
          true,
          {CallEventKind::CALL_EVENT_KIND_ANSWERED, CallEventKind::CALL_EVENT_KIND_ENDED}};
}

Outcome on(Call& call, const HungUp& event) {
  if (call.end) return known();
  if (!call.answered() && event.answer_lost) return end_of_lost_answer(call, event);
  const auto dialog = dialog_between(call.record, event.from_tag, event.to_tag);
  if (!dialog) return {Reply::NoDialog, false, {}};
  if (dialog->state == LEG_STATE_OVER) return known();
  if (dialog->state == LEG_STATE_EARLY && !dialog->from_caller) return {Reply::NoDialog, false, {}};
  auto& leg = *callee_with(call.record, dialog->from_caller ? event.to_tag : event.from_tag);
  leg.set_state(LEG_STATE_OVER);
  leg.set_over_at_ms(event.at_ms);
  if (!call.answered() || has(call.record, LEG_STATE_CONFIRMED)) return changed(call);
  return ended(call, hung_up(dialog->from_caller, last_hang_up(call.record)));
}

Outcome on(Call& call, const NotAnswered& event) {
  if (call.end || call.answered()) return known();
  return ended(call, event.end);
}

Outcome on(Call& call, const Closed& event) {
  if (call.end) return known();
  auto end = event.end;
  if (call.answered()) {
    end.outcome = events::v1::CALL_OUTCOME_ANSWERED;
    end.sip_code = 200;
    end.at_ms = std::max(end.at_ms, last_hang_up(call.record));
  }
  return ended(call, std::move(end));
}

Outcome on(Call& call, const Moved& event) {
  if (call.end) return known();
  auto& legs = *call.record.mutable_legs();
  const auto leg = std::find_if(legs.begin(), legs.end(),
                                [&](const Leg& one) { return one.tag() == event.tag; });
  if (event.tag.empty() || leg == legs.end()) return {Reply::NoDialog, false, {}};
  if (leg->flow() == event.flow) return known();
  leg->set_flow(event.flow);
  return changed(call);
}

Outcome on(Call& call, const TakenOver& event) {
  if (call.end) return known();
  if (call.version != event.version) return {Reply::Conflict, false, {}};
  call.record.set_owner(event.owner);
  if (call.record.has_early()) call.record.mutable_early()->set_boot(event.boot);
  return changed(call);
}

}  // namespace

Key key_of(const DialogRecord& record) { return {record.sip_call_id(), record.call_id()}; }

Call new_call(DialogRecord record) {
  Call call;
  record.set_state(DIALOG_STATE_CALLING);
  call.record = std::move(record);
  call.sequence = 1;
  call.version = 1;
  return call;
}

Outcome apply(Call& call, const Event& event) {
  return std::visit([&](const auto& one) { return on(call, one); }, event);
}

}  // namespace pbx::calls
