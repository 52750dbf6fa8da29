#pragma once

#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "telemetry/log.hpp"

namespace pbx::log {

/// A line without its fields exceeds this only by what the program's own constants make of it.
inline constexpr std::size_t kMaxLine = 16 * 1024;

/// What every line says.
struct Line {
  Clock::Wall time;
  Level level = Level::Info;
  std::string_view service;
  std::string_view node;
  std::string_view event;
};

/// Appends `text` as a JSON string with its quotes. Control characters are escaped; each byte that
/// is not part of valid UTF-8 becomes U+FFFD.
void append_json(std::string& out, std::string_view text);

/// Appends `2026-11-24T14:00:00.123Z` (RFC 3339).
void append_time(std::string& out, Clock::Wall time);

/// Appends one line with its line feed. A field that would make it longer than kMaxLine is left
/// out, and `"cut":true` says so.
void append_line(std::string& out, const Line& line, Fields fields, const Field* more = nullptr);

}  // namespace pbx::log
