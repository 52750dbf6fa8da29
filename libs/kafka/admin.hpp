#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "kafka/options.hpp"
#include "kafka/topics.hpp"

namespace pbx::kafka {

class Admin {
 public:
  explicit Admin(std::string brokers, ClientOptions options = {});

  /// Makes the topics that are missing (replicated as the cluster can, three times at most); those
  /// that exist are left as they are. Blocks.
  Result<> ensure_topics(const std::vector<TopicSpec>& topics,
                         std::chrono::milliseconds timeout = std::chrono::seconds{15});

 private:
  std::string brokers_;
  ClientOptions options_;
};

}  // namespace pbx::kafka
