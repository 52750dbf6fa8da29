#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "calls/call.hpp"

namespace pbx::calls {

// A call has a dialog for each phone that told its tag: the caller's tag and that one (RFC 3261
// §12).

const state::v1::Leg& caller_of(const state::v1::DialogRecord& record);
/// The callee that a person would name: who answered first, else who was heard first. One without a
/// tag when nobody was heard.
const state::v1::Leg& callee_of(const state::v1::DialogRecord& record);
/// nullptr: no callee has told that tag.
const state::v1::Leg* find_callee(const state::v1::DialogRecord& record, std::string_view tag);

/// A dialog that two tags name, as seen by who sends.
struct Dialog {
  bool from_caller = false;
  state::v1::LegState state = state::v1::LEG_STATE_UNSPECIFIED;
};
/// nullopt: the call has none between these two.
std::optional<Dialog> dialog_between(const state::v1::DialogRecord& record,
                                     std::string_view from_tag, std::string_view to_tag);

/// What is known of a call where its request came.
enum class Knowledge : std::uint8_t {
  All,    ///< Everything that happened: this process began it and looks after it.
  Record  ///< What was written. A lost node may have known more: an answer, a phone that rings.
};

/// A request (not an ACK) within the call may pass to the other side. Of a dialog that is over only
/// a BYE does.
bool may_pass(const Call& call, std::string_view from_tag, std::string_view to_tag, bool bye,
              Knowledge knowledge);

}  // namespace pbx::calls
