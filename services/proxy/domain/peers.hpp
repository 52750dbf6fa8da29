#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pbx::proxy {

/// The proxies that live, as their leases said the last two times: what such a node looks after is
/// not taken from it. Before anything was heard, all do. Any thread.
class Peers {
 public:
  void set(std::vector<std::string> names) {
    const std::scoped_lock lock{mutex_};
    before_ = std::exchange(names_, std::move(names));
    heard_ = true;
  }
  bool live(std::string_view name) const {
    const std::scoped_lock lock{mutex_};
    return !heard_ || has(names_, name) || has(before_, name);
  }

 private:
  static bool has(const std::vector<std::string>& names, std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  mutable std::mutex mutex_;
  bool heard_ = false;
  std::vector<std::string> names_, before_;
};

}  // namespace pbx::proxy
