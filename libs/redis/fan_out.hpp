#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "redis/client.hpp"
#include "redis/slot_map.hpp"

namespace pbx::redis {

/// How a command without a key runs in a cluster.
enum class Reach : std::uint8_t {
  Key,         ///< It has a key: where that lives.
  AnyMaster,   ///< A function or script without keys: one master, always the same.
  AllMasters,  ///< PING, FUNCTION, DBSIZE, FLUSHALL and what else concerns a whole server.
  Scan,        ///< SCAN goes from master to master.
};
Reach reach_of(const Command& command);

/// One answer out of those of all masters: the first error, else the sum if all are integers, else
/// the first one.
class Answers {
 public:
  Answers(std::size_t expected, Callback done) : missing_{expected}, done_{std::move(done)} {}
  void take(Result<Reply> reply);

 private:
  std::size_t missing_;
  Callback done_;
  std::optional<Reply> first_;
  std::optional<std::int64_t> sum_{0};
  std::error_code error_;
};

/// SCAN's cursor for a whole cluster: the server's own one, and the lowest slot of the master that
/// is being gone through. Redis' cursors have as many bits as its table's size needs.
struct ScanCursor {
  std::uint64_t server = 0;
  std::uint16_t slot = 0;
};
std::optional<ScanCursor> parse_scan_cursor(std::string_view text);
/// nullopt when the server's cursor is too large for it.
std::optional<std::string> format_scan_cursor(const ScanCursor& cursor);

/// The first slot from `slot` on whose master has no lower one: where SCAN begins and goes on.
std::optional<std::uint16_t> next_master(const SlotMap& map, std::uint16_t slot);

}  // namespace pbx::redis
