#include "proxy/adapters/live_calls.hpp"

namespace pbx::proxy {

void LiveCalls::add(const cluster::DialogKey& key) {
  auto& at = shard(key.call_id);
  const std::lock_guard lock{at.mutex};
  at.sip_call_ids.insert_or_assign(key.call_id, key.sip_call_id);
}

void LiveCalls::remove(const cluster::DialogKey& key) {
  auto& at = shard(key.call_id);
  const std::lock_guard lock{at.mutex};
  at.sip_call_ids.erase(key.call_id);
}

std::vector<cluster::DialogKey> LiveCalls::all() const {
  std::vector<cluster::DialogKey> keys;
  for (const auto& at : shards_) {
    const std::lock_guard lock{at.mutex};
    for (const auto& [call_id, sip_call_id] : at.sip_call_ids) {
      keys.push_back({sip_call_id, call_id});
    }
  }
  return keys;
}

std::size_t LiveCalls::size() const {
  std::size_t size = 0;
  for (const auto& at : shards_) {
    const std::lock_guard lock{at.mutex};
    size += at.sip_call_ids.size();
  }
  return size;
}

}  // namespace pbx::proxy
