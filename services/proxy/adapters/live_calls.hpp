#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/keyed_hash.hpp"
#include "proxy/adapters/live_call.hpp"

namespace pbx::proxy {

/// The calls that this process looks after, whichever of its workers began or ends them.
/// Thread-safe.
class LiveCalls {
 public:
  static constexpr std::size_t kShards = 16;

  void add(LiveCallPtr call);
  void remove(const calls::Key& key);
  /// nullptr: it is not this process'.
  LiveCallPtr find(const calls::Key& key) const;
  /// Those with that Call-ID of the phones, which names none of them alone.
  std::vector<LiveCallPtr> under(std::string_view sip_call_id) const;

  std::vector<calls::Key> all() const;
  /// Those of one shard.
  std::vector<LiveCallPtr> shard(std::size_t number) const;
  std::size_t size() const;

 private:
  using ByCallId = std::unordered_multimap<std::uint64_t, LiveCallPtr, AsIs>;
  struct Shard {
    std::mutex mutex;
    ByCallId calls;  ///< By hash of the SIP Call-ID.

    ByCallId::iterator find(std::uint64_t hash, const calls::Key& key);
  };

  Shard& shard_of(std::uint64_t hash) const { return shards_[(hash >> 32) % kShards]; }

  KeyedHash hash_;
  mutable std::array<Shard, kShards> shards_;
};

}  // namespace pbx::proxy
