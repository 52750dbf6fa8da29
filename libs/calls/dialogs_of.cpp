#include "calls/dialogs_of.hpp"

namespace pbx::calls {

using state::v1::DialogRecord;
using state::v1::Leg;

const Leg& caller_of(const DialogRecord& record) {
  return record.legs().empty() ? Leg::default_instance() : record.legs(0);
}

const Leg& callee_of(const DialogRecord& record) {
  const Leg* first = nullptr;
  for (int i = 1; i < record.legs_size(); ++i) {
    const auto& leg = record.legs(i);
    if (leg.state() == state::v1::LEG_STATE_CONFIRMED) return leg;
    if (first == nullptr) first = &leg;
  }
  return first == nullptr ? Leg::default_instance() : *first;
}

const Leg* find_callee(const DialogRecord& record, std::string_view tag) {
  if (tag.empty()) return nullptr;
  for (int i = 1; i < record.legs_size(); ++i) {
    if (record.legs(i).tag() == tag) return &record.legs(i);
  }
  return nullptr;
}

std::optional<Dialog> dialog_between(const DialogRecord& record, std::string_view from_tag,
                                     std::string_view to_tag) {
  const auto& caller = caller_of(record).tag();
  if (caller.empty()) return std::nullopt;
  if (caller == from_tag) {
    if (const auto* callee = find_callee(record, to_tag)) return Dialog{true, callee->state()};
  }
  if (caller == to_tag) {
    if (const auto* callee = find_callee(record, from_tag)) return Dialog{false, callee->state()};
  }
  return std::nullopt;
}

bool may_pass(const Call& call, std::string_view from_tag, std::string_view to_tag, bool bye,
              Knowledge knowledge) {
  const auto dialog = dialog_between(call.record, from_tag, to_tag);
  // A hang-up of what is over for us may still be news to the other side.
  if (call.end || (dialog && dialog->state == state::v1::LEG_STATE_OVER)) return dialog && bye;
  if (call.answered()) return dialog.has_value();
  if (knowledge == Knowledge::Record) {
    const auto& caller = caller_of(call.record).tag();
    return caller == from_tag || caller == to_tag;
  }
  // A callee has no BYE to send before it answers (RFC 3261 §15).
  return dialog && (dialog->from_caller || !bye);
}

}  // namespace pbx::calls
