#pragma once

#include <array>
#include <cstddef>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "cluster/dialogs.hpp"

namespace pbx::proxy {

/// The calls whose leases this process renews, whichever of its workers began or ends them.
/// Thread-safe.
class LiveCalls {
 public:
  void add(const cluster::DialogKey& key);
  void remove(const cluster::DialogKey& key);
  std::vector<cluster::DialogKey> all() const;
  std::size_t size() const;

 private:
  struct Shard {
    mutable std::mutex mutex;
    std::unordered_map<std::string, std::string> sip_call_ids;  ///< By call id.
  };
  static constexpr std::size_t kShards = 16;

  Shard& shard(const std::string& call_id) {
    return shards_[std::hash<std::string>{}(call_id) % kShards];
  }

  std::array<Shard, kShards> shards_;
};

}  // namespace pbx::proxy
