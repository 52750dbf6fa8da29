#include "redis/fan_out.hpp"

#include <algorithm>
#include <charconv>
#include <string>
#include <utility>

#include "redis/errc.hpp"

namespace pbx::redis {
namespace {

constexpr int kSlotBits = 14;

constexpr std::string_view kOfServers[] = {"ACL",    "CLIENT",  "CLUSTER",  "COMMAND", "CONFIG",
                                           "DBSIZE", "DEBUG",   "FLUSHALL", "FLUSHDB", "FUNCTION",
                                           "INFO",   "LATENCY", "MEMORY",   "PING",    "ROLE",
                                           "SCRIPT", "SLOWLOG", "TIME",     "WAIT"};

}  // namespace

Reach reach_of(const Command& command) {
  const auto name = command.name();
  if (std::binary_search(std::begin(kOfServers), std::end(kOfServers), name)) {
    return Reach::AllMasters;
  }
  if (name == "SCAN") return Reach::Scan;
  return command.key().empty() ? Reach::AnyMaster : Reach::Key;
}

void Answers::take(Result<Reply> reply) {
  if (!reply) {
    // That one master had a library already says nothing of the others.
    if (!error_ || error_ == Errc::AlreadyLoaded) error_ = reply.error();
  } else {
    const bool number = reply->kind() == ReplyKind::Integer;
    sum_ = sum_ && number ? std::optional{*sum_ + reply->integer()} : std::nullopt;
    if (!first_) first_ = std::move(*reply);
  }
  if (--missing_ != 0 || !done_) return;
  auto done = std::move(done_);
  if (error_) return done(error_);
  done(sum_ ? Reply{*sum_} : std::move(*first_));
}

std::optional<ScanCursor> parse_scan_cursor(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return ScanCursor{number >> kSlotBits, static_cast<std::uint16_t>(number % kSlots)};
}

std::optional<std::string> format_scan_cursor(const ScanCursor& cursor) {
  if (cursor.server >> (64 - kSlotBits) != 0) return std::nullopt;
  return std::to_string(cursor.server << kSlotBits | cursor.slot);
}

std::optional<std::uint16_t> next_master(const SlotMap& map, std::uint16_t slot) {
  std::vector<bool> seen(map.masters().size());
  for (std::size_t at = 0; at < kSlots; ++at) {
    const auto owner = map.owner(static_cast<std::uint16_t>(at));
    if (owner == SlotMap::kNobody || seen[owner]) continue;
    if (at >= slot) return static_cast<std::uint16_t>(at);
    seen[owner] = true;
  }
  return std::nullopt;
}

}  // namespace pbx::redis
