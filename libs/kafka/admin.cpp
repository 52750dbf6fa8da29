#include "kafka/admin.hpp"

#include <algorithm>
#include <map>
#include <string_view>
#include <thread>

#include "core/errc.hpp"
#include "kafka/errc.hpp"
#include "kafka/handle.hpp"
#include "telemetry/log.hpp"

namespace pbx::kafka {
namespace {

using Time = std::chrono::steady_clock;
using NewTopic = std::unique_ptr<rd_kafka_NewTopic_t, Freed<rd_kafka_NewTopic_destroy>>;
using AdminOptions = std::unique_ptr<rd_kafka_AdminOptions_t, Freed<rd_kafka_AdminOptions_destroy>>;
using Queue = std::unique_ptr<rd_kafka_queue_t, Freed<rd_kafka_queue_destroy>>;
using Event = std::unique_ptr<rd_kafka_event_t, Freed<rd_kafka_event_destroy>>;

constexpr int kMostReplicas = 3;
constexpr int kMetadataMs = 2000;
constexpr std::chrono::milliseconds kRetry{100};

bool has_topic(const rd_kafka_metadata_t& metadata, std::string_view name) {
  return std::any_of(metadata.topics, metadata.topics + metadata.topic_cnt,
                     [&](const rd_kafka_metadata_topic_t& topic) {
                       return name == topic.topic && topic.partition_cnt > 0 &&
                              topic.err == RD_KAFKA_RESP_ERR_NO_ERROR;
                     });
}

NewTopic make_topic(const TopicSpec& spec, const std::string& full_name, int brokers) {
  char error[256];
  const int replicas = spec.replication != 0 ? spec.replication : std::min(brokers, kMostReplicas);
  NewTopic topic{
      rd_kafka_NewTopic_new(full_name.c_str(), spec.partitions, replicas, error, sizeof error)};
  if (!topic) return nullptr;
  const auto set = [&](const char* name, const std::string& value) {
    rd_kafka_NewTopic_set_config(topic.get(), name, value.c_str());
  };
  set("cleanup.policy", spec.compacted ? "compact" : "delete");
  const auto retention = std::chrono::milliseconds{spec.retention}.count();
  set("retention.ms", std::to_string(retention == 0 ? -1 : retention));
  if (replicas >= kMostReplicas) set("min.insync.replicas", "2");
  return topic;
}

std::error_code result_of(rd_kafka_event_t& event) {
  if (const auto error = rd_kafka_event_error(&event); error != RD_KAFKA_RESP_ERR_NO_ERROR) {
    return to_error(error);
  }
  std::size_t count = 0;
  const auto* result = rd_kafka_event_CreateTopics_result(&event);
  const auto* topics = rd_kafka_CreateTopics_result_topics(result, &count);
  for (std::size_t i = 0; i < count; ++i) {
    const auto error = rd_kafka_topic_result_error(topics[i]);
    const std::string_view name{rd_kafka_topic_result_name(topics[i])};
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      log::info("kafka topic made", {{"topic", name}});
    } else if (error != RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS) {
      const char* text = rd_kafka_topic_result_error_string(topics[i]);
      log::error("kafka topic not made",
                 {{"topic", name}, {"reason", std::string_view{text != nullptr ? text : ""}}});
      return to_error(error);
    }
  }
  return {};
}

std::error_code create(rd_kafka_t* handle, std::vector<NewTopic>& topics, int timeout_ms) {
  std::vector<rd_kafka_NewTopic_t*> pointers;
  for (const auto& topic : topics) pointers.push_back(topic.get());
  const AdminOptions options{rd_kafka_AdminOptions_new(handle, RD_KAFKA_ADMIN_OP_CREATETOPICS)};
  char error[256];
  rd_kafka_AdminOptions_set_request_timeout(options.get(), timeout_ms, error, sizeof error);
  rd_kafka_AdminOptions_set_operation_timeout(options.get(), timeout_ms, error, sizeof error);
  const Queue queue{rd_kafka_queue_new(handle)};
  rd_kafka_CreateTopics(handle, pointers.data(), pointers.size(), options.get(), queue.get());
  const Event event{rd_kafka_queue_poll(queue.get(), timeout_ms + 1000)};
  return event ? result_of(*event) : make_error_code(Errc::Timeout);
}

}  // namespace

Admin::Admin(std::string brokers, ClientOptions options)
    : brokers_{std::move(brokers)}, options_{std::move(options)} {}

Result<> Admin::ensure_topics(const std::vector<TopicSpec>& topics,
                              std::chrono::milliseconds timeout) {
  const auto handle = make_handle(RD_KAFKA_PRODUCER, make_conf(brokers_, options_, {}));
  const auto deadline = Time::now() + timeout;
  const auto left = [&] {
    const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Time::now());
    return static_cast<int>(std::max<std::int64_t>(rest.count(), 0));
  };
  // Round by round: what is missing is made, until the brokers show it all.
  std::error_code last = Errc::Unavailable;
  while (left() > 0) {
    const auto metadata = fetch_metadata(handle.get(), "", std::min(left(), kMetadataMs));
    if (!metadata) continue;
    std::vector<NewTopic> missing;
    for (const auto& spec : topics) {
      const auto name = options_.topic_prefix + spec.name;
      if (has_topic(*metadata, name)) continue;
      missing.push_back(make_topic(spec, name, metadata->broker_cnt));
      if (!missing.back()) return Errc::InvalidArgument;
    }
    if (missing.empty()) return {};
    last = create(handle.get(), missing, std::max(left(), 1));
    if (last && last != Errc::Timeout && last != Errc::Unavailable) return last;
    std::this_thread::sleep_for(kRetry);
  }
  return last ? last : make_error_code(Errc::Timeout);
}

}  // namespace pbx::kafka
