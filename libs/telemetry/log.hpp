#pragma once

#include <chrono>
#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <type_traits>
#include <variant>

#include "core/ids.hpp"

/// One JSON object a line on stderr: ts, level, service, node, event, then the fields in their
/// order. The event is a constant sentence; everything that varies is a field. Thread-safe.
namespace pbx::log {

enum class Level : std::uint8_t { Debug, Info, Warn, Error };

std::string_view to_string(Level level);
/// debug, info, warn or error.
std::optional<Level> parse_level(std::string_view text);

void set_level(Level level);
bool enabled(Level level);
/// What `service` and `node` say on every line from here on; set once, before other threads log.
void set_identity(std::string_view service, std::string_view node);

template <class T>
concept Arithmetic = std::is_arithmetic_v<T>;

/// `tenant`, `call_id` and `device` always carry those names. A field refers to the caller's text:
/// make it in the call, do not keep it.
struct Field {
  using Value =
      std::variant<std::string_view, std::int64_t, std::uint64_t, double, bool, std::error_code>;

  /// Text, numbers, bool, std::error_code, ids; durations in milliseconds (name the key `..._ms`).
  template <class T>
  Field(std::string_view name, const T& content) : key{name}, value{to_value(content)} {}

  std::string_view key;
  Value value;

 private:
  static Value to_value(std::string_view text) { return text; }
  static Value to_value(std::error_code error) { return error; }
  static Value to_value(std::chrono::milliseconds time) { return std::int64_t{time.count()}; }
  template <Arithmetic T>
  static Value to_value(T number) {
    if constexpr (std::is_same_v<T, bool>) {
      return number;
    } else if constexpr (std::is_floating_point_v<T>) {
      return static_cast<double>(number);
    } else if constexpr (std::is_signed_v<T>) {
      return static_cast<std::int64_t>(number);
    } else {
      return static_cast<std::uint64_t>(number);
    }
  }
  template <class Tag>
  static Value to_value(Id<Tag> id) {
    return id.value;
  }
};

using Fields = std::initializer_list<Field>;

void write(Level level, std::string_view event, Fields fields = {});
/// With one field more than the caller of a caller named.
void write(Level level, std::string_view event, Fields fields, const Field& more);

inline void debug(std::string_view event, Fields fields = {}) {
  if (enabled(Level::Debug)) write(Level::Debug, event, fields);
}
inline void info(std::string_view event, Fields fields = {}) { write(Level::Info, event, fields); }
inline void warn(std::string_view event, Fields fields = {}) { write(Level::Warn, event, fields); }
inline void error(std::string_view event, Fields fields = {}) {
  write(Level::Error, event, fields);
}

/// Waits, for a second at most, until what was logged is written. For the moment before an abort.
void flush();

}  // namespace pbx::log
