#pragma once

#include <cstdint>
#include <string>

#include "pbx/events/v1/call.pb.h"

namespace pbx::test {

/// An answered call that was ended by the callee, as its last event tells it.
inline events::v1::CallEvent ended(const std::string& call_id, std::uint32_t sequence = 4) {
  events::v1::CallEvent event;
  event.set_call_id(call_id);
  event.set_sequence(sequence);
  event.set_kind(events::v1::CALL_EVENT_KIND_ENDED);
  event.set_at_ms(1'750'000'065'000);
  event.set_tenant_id(9);
  event.set_node("proxy-1");
  event.set_sip_call_id("abc@10.0.0.1");
  event.set_started_at_ms(1'750'000'000'000);
  event.set_ringing_at_ms(1'750'000'000'400);
  event.set_answered_at_ms(1'750'000'004'000);
  event.set_ended_at_ms(1'750'000'065'250);
  event.set_outcome(events::v1::CALL_OUTCOME_ANSWERED);
  event.set_sip_code(200);
  event.set_hung_up_by(events::v1::CALL_PARTY_CALLEE);
  auto& parties = *event.mutable_parties();
  parties.set_caller("1001@hq.test");
  parties.set_caller_name("Anna");
  parties.set_dialled("1002");
  parties.set_callee("1002@hq.test");
  parties.set_answered_by("sip:1002@10.0.0.2");
  parties.set_caller_user_id(12);
  parties.set_callee_user_id(13);
  return event;
}

inline events::v1::CallEvent event(const std::string& call_id, std::uint32_t sequence,
                                   events::v1::CallEventKind kind, std::int64_t at_ms = 1'000'000,
                                   std::int64_t started_at_ms = 0) {
  events::v1::CallEvent made;
  made.set_call_id(call_id);
  made.set_sequence(sequence);
  made.set_kind(kind);
  made.set_at_ms(at_ms);
  made.set_started_at_ms(started_at_ms == 0 ? at_ms : started_at_ms);
  return made;
}

}  // namespace pbx::test
