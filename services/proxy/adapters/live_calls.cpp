#include "proxy/adapters/live_calls.hpp"

#include <utility>

namespace pbx::proxy {

LiveCalls::ByCallId::iterator LiveCalls::Shard::find(std::uint64_t hash, const calls::Key& key) {
  auto [at, end] = calls.equal_range(hash);
  while (at != end && !(at->second->key() == key)) ++at;
  return at != end ? at : calls.end();
}

void LiveCalls::add(LiveCallPtr call) {
  const auto hash = hash_(call->key().sip_call_id);
  auto& own = shard_of(hash);
  const std::lock_guard lock{own.mutex};
  if (const auto found = own.find(hash, call->key()); found != own.calls.end()) {
    found->second = std::move(call);
  } else {
    own.calls.emplace(hash, std::move(call));
  }
}

void LiveCalls::remove(const calls::Key& key) {
  const auto hash = hash_(key.sip_call_id);
  auto& own = shard_of(hash);
  const std::lock_guard lock{own.mutex};
  if (const auto found = own.find(hash, key); found != own.calls.end()) own.calls.erase(found);
}

LiveCallPtr LiveCalls::find(const calls::Key& key) const {
  const auto hash = hash_(key.sip_call_id);
  auto& own = shard_of(hash);
  const std::lock_guard lock{own.mutex};
  const auto found = own.find(hash, key);
  return found != own.calls.end() ? found->second : nullptr;
}

std::vector<LiveCallPtr> LiveCalls::under(std::string_view sip_call_id) const {
  const auto hash = hash_(sip_call_id);
  auto& own = shard_of(hash);
  const std::lock_guard lock{own.mutex};
  std::vector<LiveCallPtr> calls;
  const auto [begin, end] = own.calls.equal_range(hash);
  for (auto at = begin; at != end; ++at) {
    if (at->second->key().sip_call_id == sip_call_id) calls.push_back(at->second);
  }
  return calls;
}

std::vector<calls::Key> LiveCalls::all() const {
  std::vector<calls::Key> keys;
  for (auto& own : shards_) {
    const std::lock_guard lock{own.mutex};
    for (const auto& [hash, call] : own.calls) keys.push_back(call->key());
  }
  return keys;
}

std::vector<LiveCallPtr> LiveCalls::shard(std::size_t number) const {
  auto& own = shards_[number % kShards];
  const std::lock_guard lock{own.mutex};
  std::vector<LiveCallPtr> calls;
  calls.reserve(own.calls.size());
  for (const auto& [hash, call] : own.calls) calls.push_back(call);
  return calls;
}

std::size_t LiveCalls::size() const {
  std::size_t size = 0;
  for (auto& own : shards_) {
    const std::lock_guard lock{own.mutex};
    size += own.calls.size();
  }
  return size;
}

}  // namespace pbx::proxy
