#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "kafka/options.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::kafka {

/// Reads all partitions of a compacted topic from their beginning and follows them, on its own
/// thread. Heals by itself: a broker's loss, a topic that comes later or is made anew.
class Follower {
 public:
  /// `payload` is nullopt for a tombstone. Runs on the follower's thread, in the topic's order per
  /// key. The same record may come again after the topic was made anew.
  using Apply = std::function<void(std::string_view key, std::optional<std::string_view> payload)>;

  Follower(std::string brokers, std::string topic, Apply apply, prometheus::Registry& registry,
           ClientOptions options = {});
  ~Follower();
  Follower(const Follower&) = delete;
  Follower& operator=(const Follower&) = delete;

  /// What was in the topic when the follower first saw it has been applied. Never turns false
  /// again.
  bool caught_up() const;
  std::uint64_t applied() const;  ///< Records so far, tombstones included.
  std::int64_t lag() const;       ///< Records that are in the topic and not applied; -1: not known.

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::kafka
