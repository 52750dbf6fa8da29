#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cluster/dialogs.hpp"
#include "model/redis_keys.hpp"

namespace pbx::cluster {

/// Members of the sorted sets name a record: `<our call id> <SIP Call-ID>`, in `leases:{…}` after a
/// letter: L(ive) or E(nded).
inline constexpr char kLive = 'L';
inline constexpr char kEnded = 'E';

inline std::string call_member(const calls::Key& key) {
  return key.call_id + " " + key.sip_call_id;
}

inline std::string lease_member(char state, const calls::Key& key) {
  return std::string(1, state).append(call_member(key));
}

inline std::optional<calls::Key> parse_call_member(std::string_view member) {
  const auto space = member.find(' ');
  if (space == std::string_view::npos) return std::nullopt;
  return calls::Key{std::string{member.substr(space + 1)}, std::string{member.substr(0, space)}};
}

inline std::optional<Lapsed> parse_lease_member(std::string_view member) {
  if (member.empty() || (member.front() != kLive && member.front() != kEnded)) return std::nullopt;
  auto key = parse_call_member(member.substr(1));
  if (!key) return std::nullopt;
  return Lapsed{std::move(*key), member.front() == kEnded};
}

/// Leases and listing beside the record: one slot of a Redis Cluster.
inline std::string lease_key(const calls::Key& key) {
  return redis_keys::leases(redis_keys::dialog_shard(key.sip_call_id));
}
inline std::string calls_key(const calls::Key& key, TenantId tenant) {
  return redis_keys::calls(redis_keys::dialog_shard(key.sip_call_id), tenant);
}
inline std::string calls_key(const calls::Key& key, TenantId tenant, UserId caller) {
  return redis_keys::calls(redis_keys::dialog_shard(key.sip_call_id), tenant, caller);
}

}  // namespace pbx::cluster
