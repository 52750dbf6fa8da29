#pragma once

#include <chrono>
#include <string>
#include <vector>

namespace pbx::kafka {

struct TopicSpec {
  std::string name;
  int partitions = 1;
  bool compacted = false;
  std::chrono::hours retention{0};  ///< 0: for good.
  int replication = 0;              ///< 0: as many as there are brokers, three at most.

  friend bool operator==(const TopicSpec&, const TopicSpec&) = default;
};

/// Every topic of the platform (libs/model/topics.hpp).
std::vector<TopicSpec> platform_topics();
/// The same as deploy/kafka/topics.json has it for tools that are not C++.
std::string to_json(const std::vector<TopicSpec>& topics);

}  // namespace pbx::kafka
