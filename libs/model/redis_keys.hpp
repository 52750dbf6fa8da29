#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/ids.hpp"

/// Names of the keys in Redis (design §4). What stands in braces is Redis Cluster's hash tag: keys
/// with the same tag live in one slot.
namespace pbx::redis_keys {

inline std::string tagged(std::string_view prefix, std::string_view tag) {
  std::string key;
  key.reserve(prefix.size() + tag.size() + 3);
  key.append(prefix).append(":{").append(tag).append("}");
  return key;
}

inline std::string location(TenantId tenant, std::string_view aor) {
  return tagged("loc", to_string(tenant).append(":").append(aor));
}

/// Who used a nonce's count, while the nonce lives: `used:{<tenant>:<aor>}:<nonce>:<count>`.
inline std::string nonce_use(TenantId tenant, std::string_view aor, std::string_view count) {
  return tagged("used", to_string(tenant).append(":").append(aor)).append(":").append(count);
}

/// Dialog records and their leases are spread over this many shards; what belongs to one shard has
/// one tag, so that a record and its lease are written by one function.
inline constexpr std::uint32_t kDialogShards = 16;
/// Their tags: numbers that lie in the middle of each sixteenth of the slots, so that a cluster's
/// masters share the shards evenly.
inline constexpr std::array<std::uint16_t, kDialogShards> kDialogTags{
    18, 455, 333, 223, 553, 443, 95, 663, 265, 375, 908, 155, 985, 895, 405, 515};

/// The shard of a SIP Call-ID: FNV-1a, the same on every node and in every release.
constexpr std::uint32_t dialog_shard(std::string_view sip_call_id) {
  std::uint64_t hash = 0xcbf29ce484222325;
  for (const char c : sip_call_id) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  return static_cast<std::uint32_t>((hash ^ hash >> 32) % kDialogShards);
}

/// Dialog records by the phones' Call-ID: `dlg:{<tag>}:<sip call-id>`.
inline std::string dialog(std::string_view sip_call_id) {
  auto key = tagged("dlg", std::to_string(kDialogTags[dialog_shard(sip_call_id)]));
  return key.append(":").append(sip_call_id);
}

/// Leases of the dialog records of a shard, scored by their end.
inline std::string leases(std::uint32_t shard) {
  return tagged("leases", std::to_string(kDialogTags[shard]));
}

/// Active calls of a tenant in a shard, scored by their start: `calls:{<tag>}:<tenant>`.
inline std::string calls(std::uint32_t shard, TenantId tenant) {
  auto key = tagged("calls", std::to_string(kDialogTags[shard]));
  return key.append(":").append(to_string(tenant));
}

/// Those of them that one user has made, where that is limited: `calls:{<tag>}:<tenant>:<user>`.
inline std::string calls(std::uint32_t shard, TenantId tenant, UserId caller) {
  return calls(shard, tenant).append(":").append(to_string(caller));
}

inline std::string node(std::string_view service, std::string_view node_name) {
  return std::string{"node:"}.append(service).append(":").append(node_name);
}

/// Says that the bindings in this sixteenth of the slots are whole: what Redis has lost, lacks it.
inline std::string bindings_whole(std::uint32_t shard) {
  return tagged("locwhole", std::to_string(kDialogTags[shard]));
}

/// Held by the registrar that puts lost bindings back.
inline std::string bindings_restorer() { return "locrestorer"; }

/// Nodes of a service, scored by their last sign of life.
inline std::string nodes(std::string_view service) { return tagged("nodes", service); }

}  // namespace pbx::redis_keys
