#include "proxy/adapters/live_calls.hpp"

#include "cluster/dialog_codec.hpp"

namespace pbx::proxy {
namespace {

std::optional<cluster::Dialog> known(Result<cluster::Dialog> dialog) {
  if (!dialog) return std::nullopt;
  return std::move(*dialog);
}

}  // namespace

LiveCalls::BySipCallId::iterator LiveCalls::Shard::find(const cluster::DialogKey& key) {
  auto [at, end] = calls.equal_range(key.sip_call_id);
  while (at != end && at->second.call_id != key.call_id) ++at;
  return at != end ? at : calls.end();
}

LiveCalls::Call& LiveCalls::Shard::at(const cluster::DialogKey& key) {
  auto found = find(key);
  if (found == calls.end()) found = calls.emplace(key.sip_call_id, Call{key.call_id, {}, false});
  return found->second;
}

void LiveCalls::add(const cluster::DialogKey& key) {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  own.at(key);
}

void LiveCalls::store(const cluster::EncodedRecord& record, state::v1::DialogState state,
                      const cluster::Step& step) {
  auto [sequence, version] = step;
  auto& own = shard(record.key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  auto& value = own.at(record.key).value;
  if (const auto before = cluster::parse_dialog_header(value)) {
    if (sequence == 0) sequence = before->sequence;
    if (version == 0) version = before->version;
    if (state == state::v1::DIALOG_STATE_UNSPECIFIED) state = before->state;
  }
  value = cluster::encode_dialog(record, state, sequence, version);
}

void LiveCalls::remove(const cluster::DialogKey& key) {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  if (const auto found = own.find(key); found != own.calls.end()) own.calls.erase(found);
}

bool LiveCalls::has(const cluster::DialogKey& key) const {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  return own.find(key) != own.calls.end();
}

void LiveCalls::mark_taken_over(const cluster::DialogKey& key) {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  own.at(key).taken_over = true;
}

bool LiveCalls::is_own(const cluster::DialogKey& key) const {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  const auto found = own.find(key);
  return found != own.calls.end() && !found->second.taken_over;
}

std::optional<cluster::Dialog> LiveCalls::copy(const cluster::DialogKey& key) const {
  auto& own = shard(key.sip_call_id);
  const std::lock_guard lock{own.mutex};
  const auto found = own.find(key);
  return found != own.calls.end() ? known(cluster::decode_dialog(found->second.value))
                                  : std::nullopt;
}

std::optional<cluster::Dialog> LiveCalls::find(std::string_view sip_call_id, std::string_view tag_a,
                                               std::string_view tag_b) const {
  auto& own = shard(sip_call_id);
  const std::lock_guard lock{own.mutex};
  cluster::BestFit best{tag_a, tag_b};
  const auto [begin, end] = own.calls.equal_range(std::string{sip_call_id});
  for (auto at = begin; at != end; ++at) best.offer(at->second.value);
  return known(best.dialog());
}

std::vector<cluster::DialogKey> LiveCalls::all() const {
  std::vector<cluster::DialogKey> keys;
  for (auto& own : shards_) {
    const std::lock_guard lock{own.mutex};
    for (const auto& [sip_call_id, call] : own.calls) keys.push_back({sip_call_id, call.call_id});
  }
  return keys;
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
