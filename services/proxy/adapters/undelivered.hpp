#pragma once

#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "calls/call.hpp"

namespace pbx::proxy {

/// Calls of this process whose end is stored and whose last event Kafka does not have yet: their
/// leases are renewed meanwhile, so that no other node tells the end again. Thread-safe.
class Undelivered {
 public:
  void add(const calls::Key& key) {
    const std::lock_guard lock{mutex_};
    calls_.insert_or_assign(key.call_id, key);
  }
  void remove(const calls::Key& key) {
    const std::lock_guard lock{mutex_};
    calls_.erase(key.call_id);
  }
  std::vector<calls::Key> all() const {
    const std::lock_guard lock{mutex_};
    std::vector<calls::Key> keys;
    keys.reserve(calls_.size());
    for (const auto& [id, key] : calls_) keys.push_back(key);
    return keys;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::string, calls::Key> calls_;  ///< By our call id.
};

}  // namespace pbx::proxy
