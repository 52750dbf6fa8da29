#pragma once

#include <cstdint>
#include <string_view>

#include "cluster/dialogs.hpp"
#include "pbx/events/v1/call.pb.h"

namespace pbx::cluster {

/// The event of topic `calls` that `record` calls for. ENDED needs `end`.
events::v1::CallEvent call_event(const state::v1::DialogRecord& record,
                                 events::v1::CallEventKind kind, std::uint32_t sequence,
                                 std::string_view node, std::int64_t at_ms);
/// The ENDED event of an ended record, the same whoever makes it and however often.
events::v1::CallEvent ended_event(const Dialog& ended);

}  // namespace pbx::cluster
