#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pbx::pbxctl {

/// "2026-03-01 09:05:07" in the user's time zone; empty for 0 (it did not happen).
std::string local_time(std::int64_t ms);

/// "7s", "1m05s", "2h00m09s", "3d04h00m": whole seconds, whole minutes from a day on.
std::string duration_text(std::int64_t ms);

/// "90s", "15m", "1h30m", "2d", "1w" in milliseconds. A number without a unit is refused.
std::optional<std::int64_t> parse_duration(std::string_view text);

/// A moment in ms since 1970: a duration before `now_ms`, or "2026-03-01", "2026-03-01 09:05",
/// "2026-03-01T09:05:07" in the user's time zone, in UTC with a Z at the end.
std::optional<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms);

}  // namespace pbx::pbxctl
