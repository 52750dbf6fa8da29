#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace pbx::kafka {

struct Record {
  std::string topic;  ///< Without the prefix.
  std::int32_t partition = 0;
  std::int64_t offset = 0;
  std::string key;
  std::string payload;  ///< Empty: tombstone.
  std::chrono::sys_time<std::chrono::milliseconds> timestamp;
};

/// A place to read from; kEarliest and kLatest are offsets too.
struct Position {
  static constexpr std::int64_t kEarliest = -2;
  static constexpr std::int64_t kLatest = -1;
  static constexpr std::int64_t kStored = -1000;  ///< What the group committed; else the earliest.

  std::string topic;
  std::int32_t partition = 0;
  std::int64_t offset = kStored;

  friend bool operator==(const Position&, const Position&) = default;
};

}  // namespace pbx::kafka
