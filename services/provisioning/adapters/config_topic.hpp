#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <unordered_set>
#include <vector>

#include "core/result.hpp"
#include "kafka/options.hpp"
#include "kafka/producer.hpp"
#include "provisioning/adapters/outbox.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::provisioning {

/// The compacted topic `config`, as its only writer sees it.
class ConfigTopic {
 public:
  ConfigTopic(std::string brokers, kafka::ClientOptions options, prometheus::Registry& registry);

  bool healthy() const { return producer_.healthy(); }
  /// Makes the topic if it is not there. A cluster that refuses or does not answer is no error
  /// here: what follows shows whether the topic can be used.
  void ensure();

  struct Content {
    std::string epoch;  ///< Empty: none, or it was never filled to the end.
    std::unordered_set<std::string> keys;
  };
  /// Reads all of it. Errc::Timeout, or Cancelled when `stop` turns true.
  Result<Content> read(const std::atomic<bool>& stop, std::chrono::milliseconds timeout);

  /// See Send. Returns early when `stop` turns true: what is under way then counts as failed.
  std::size_t send(const std::vector<ConfigMessage>& messages, const std::atomic<bool>& stop);
  /// Throws away what is still on its way: another process publishes now.
  void start_over() { producer_.start_over(); }

 private:
  const std::string brokers_;
  const kafka::ClientOptions options_;
  prometheus::Registry& registry_;
  kafka::Producer producer_;
};

}  // namespace pbx::provisioning
