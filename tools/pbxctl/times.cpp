#include "pbxctl/times.hpp"

#include <charconv>
#include <ctime>
#include <limits>

namespace pbx::pbxctl {
namespace {

constexpr std::int64_t kSecond = 1000;
constexpr std::int64_t kMinute = 60 * kSecond;
constexpr std::int64_t kHour = 60 * kMinute;
constexpr std::int64_t kDay = 24 * kHour;
constexpr std::int64_t kLongest = 100 * 366 * kDay;

std::string two_digits(std::int64_t value) {
  return (value < 10 ? "0" : "") + std::to_string(value);
}

std::int64_t unit_ms(char unit) {
  switch (unit) {
    case 's':
      return kSecond;
    case 'm':
      return kMinute;
    case 'h':
      return kHour;
    case 'd':
      return kDay;
    case 'w':
      return 7 * kDay;
    default:
      return 0;
  }
}

}  // namespace

std::string local_time(std::int64_t ms) {
  if (ms == 0) return {};
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  std::tm parts{};
  if (localtime_r(&seconds, &parts) == nullptr) return {};
  char text[64];
  const auto length = std::strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &parts);
  return {text, length};
}

std::string duration_text(std::int64_t ms) {
  if (ms < 0) ms = 0;
  const auto days = ms / kDay;
  const auto hours = ms % kDay / kHour;
  const auto minutes = ms % kHour / kMinute;
  const auto seconds = ms % kMinute / kSecond;
  if (days > 0) {
    return std::to_string(days) + "d" + two_digits(hours) + "h" + two_digits(minutes) + "m";
  }
  if (hours > 0) {
    return std::to_string(hours) + "h" + two_digits(minutes) + "m" + two_digits(seconds) + "s";
  }
  if (minutes > 0) return std::to_string(minutes) + "m" + two_digits(seconds) + "s";
  return std::to_string(seconds) + "s";
}

std::optional<std::int64_t> parse_duration(std::string_view text) {
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || number < 0 || end == text.data() + text.size()) {
      return std::nullopt;
    }
    const auto unit = unit_ms(*end);
    if (unit == 0 || number > kLongest / unit) return std::nullopt;
    total += number * unit;
    if (total > kLongest) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(end + 1 - text.data()));
  }
  return total;
}

std::optional<std::int64_t> parse_moment(const std::string& text, std::int64_t now_ms) {
  if (const auto ago = parse_duration(text)) return now_ms - *ago;

  const bool utc = !text.empty() && text.back() == 'Z';
  const auto local = utc ? text.substr(0, text.size() - 1) : text;
  for (const char* format :
       {"%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"}) {
    std::tm parts{};
    parts.tm_isdst = -1;
    const char* end = strptime(local.c_str(), format, &parts);
    if (end == nullptr || *end != '\0') continue;
    const auto day = parts.tm_mday;
    const auto seconds = utc ? timegm(&parts) : std::mktime(&parts);
    if (parts.tm_mday != day) return std::nullopt;  // 31 February
    return static_cast<std::int64_t>(seconds) * 1000;
  }
  return std::nullopt;
}

}  // namespace pbx::pbxctl
