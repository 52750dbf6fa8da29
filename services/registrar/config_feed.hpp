#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "directory/directory.hpp"
#include "kafka/follower.hpp"

namespace pbx::registrar {

/// Fills the directory from the topic `config` and tells what changes once that is complete: what
/// happened before this process came is no change to it.
class ConfigFeed {
 public:
  using OnChange = std::function<void(const directory::Change&)>;

  /// `on_change` runs on the feed's thread.
  ConfigFeed(directory::Directory& directory, std::string brokers, kafka::ClientOptions options,
             prometheus::Registry& registry, OnChange on_change);
  ~ConfigFeed();
  ConfigFeed(const ConfigFeed&) = delete;
  ConfigFeed& operator=(const ConfigFeed&) = delete;

  bool caught_up() const;

 private:
  std::atomic<const kafka::Follower*> started_{nullptr};
  std::unique_ptr<kafka::Follower> follower_;
};

}  // namespace pbx::registrar
