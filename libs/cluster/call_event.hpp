#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "cluster/dialogs.hpp"
#include "pbx/events/v1/call.pb.h"

namespace pbx::cluster {

/// The event of topic `calls` that `record` calls for. ENDED needs `end`.
events::v1::CallEvent call_event(const state::v1::DialogRecord& record,
                                 events::v1::CallEventKind kind, std::uint32_t sequence,
                                 std::string_view node, std::int64_t at_ms);
/// The events that came before the last write of `dialog` or its end, as far as its record tells:
/// for whoever goes on with the call of a node that was lost, perhaps before Kafka had them. Same
/// numbers, so a reader who has them takes them for what they are, repetitions.
std::vector<events::v1::CallEvent> events_until(const calls::Call& dialog, std::string_view node);
/// The ENDED event of an ended record, the same whoever makes it and however often.
events::v1::CallEvent ended_event(const calls::Call& ended);

}  // namespace pbx::cluster
