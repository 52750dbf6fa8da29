#include "kafka/topics.hpp"

#include "model/topics.hpp"

namespace pbx::kafka {

std::vector<TopicSpec> platform_topics() {
  std::vector<TopicSpec> specs;
  for (const auto& topic : topics::kAll) {
    specs.push_back(
        {std::string{topic.name}, topic.partitions, topic.compacted, topic.retention, 0});
  }
  return specs;
}

std::string to_json(const std::vector<TopicSpec>& topics) {
  std::string text = "[";
  const char* between = "\n";
  for (const auto& topic : topics) {
    text.append(between).append("  {\"name\": \"").append(topic.name);
    text.append("\", \"partitions\": ").append(std::to_string(topic.partitions));
    text.append(", \"compacted\": ").append(topic.compacted ? "true" : "false");
    text.append(", \"retention_hours\": ").append(std::to_string(topic.retention.count()));
    text.append("}");
    between = ",\n";
  }
  return text.append("\n]\n");
}

}  // namespace pbx::kafka
