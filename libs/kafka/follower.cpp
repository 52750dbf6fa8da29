#include "kafka/follower.hpp"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "kafka/errc.hpp"
#include "kafka/handle.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::kafka {
namespace {

using Time = std::chrono::steady_clock;

constexpr int kPollMs = 100;
constexpr int kMetadataMs = 2000;
constexpr std::chrono::milliseconds kRetry{500};
constexpr std::chrono::seconds kLookForPartitions{15};

log::RateLimited trouble_line{log::Level::Warn, "kafka follower trouble", 1};

struct Metrics {
  Metrics(prometheus::Registry& registry, const std::string& topic)
      : records{telemetry::counter(registry, "pbx_kafka_followed_total",
                                   "Records applied from a compacted topic", {{"topic", topic}})},
        errors{telemetry::counter(registry, "pbx_kafka_follower_errors_total",
                                  "Errors while following a topic", {{"topic", topic}})},
        lag{telemetry::gauge(registry, "pbx_kafka_follower_lag", "Records not applied yet",
                             {{"topic", topic}})},
        caught_up{telemetry::gauge(registry, "pbx_kafka_follower_caught_up",
                                   "1: the topic was read to its end once", {{"topic", topic}})} {}

  prometheus::Counter &records, &errors;
  prometheus::Gauge &lag, &caught_up;
};

}  // namespace

class Follower::Impl {
 public:
  Impl(const std::string& brokers, const std::string& topic, Apply apply,
       prometheus::Registry& registry, const ClientOptions& options)
      : topic_{options.topic_prefix + topic},
        apply_{std::move(apply)},
        metrics_{registry, topic},
        handle_{make(brokers, options)},
        thread_{[this] { run(); }} {}

  ~Impl() {
    {
      const std::lock_guard lock{mutex_};
      stopping_ = true;
    }
    stop_.notify_one();
    thread_.join();
    rd_kafka_consumer_close(handle_.get());
  }

  bool caught_up() const { return caught_up_; }
  std::uint64_t applied() const { return applied_; }
  std::int64_t lag() const { return lag_; }

 private:
  struct Partition {
    std::int64_t next = 0;     // offset to read
    std::int64_t target = -1;  // end of the partition when it was first seen
    bool reached = false;
  };

  static Handle make(const std::string& brokers, const ClientOptions& options) {
    // Partitions are assigned by hand; the group is never joined, librdkafka only wants its name.
    auto conf = make_conf(brokers, options,
                          {{"group.id", "clusterpbx-follower"},
                           {"enable.auto.commit", "false"},
                           {"enable.auto.offset.store", "false"},
                           {"enable.partition.eof", "true"},
                           {"auto.offset.reset", "earliest"}});
    auto handle = make_handle(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(handle.get());
    return handle;
  }

  void run() {
    while (!stopping_) {
      if (!open()) {
        pause();
        continue;
      }
      while (!stopping_ && !must_open_) poll();
    }
  }

  void pause() {
    std::unique_lock lock{mutex_};
    stop_.wait_for(lock, kRetry, [this] { return stopping_.load(); });
  }

  /// Assigns every partition of the topic: known ones where they were left, new ones from the
  /// start.
  bool open() {
    const auto count = count_partitions();
    if (count == 0) return false;
    auto partitions = partitions_;
    partitions.resize(count);
    PartitionList list{rd_kafka_topic_partition_list_new(static_cast<int>(count))};
    for (std::size_t i = 0; i < count; ++i) {
      const auto number = static_cast<std::int32_t>(i);
      auto& partition = partitions[i];
      if (partition.target < 0) {
        std::int64_t low = 0, high = 0;
        if (rd_kafka_query_watermark_offsets(handle_.get(), topic_.c_str(), number, &low, &high,
                                             kMetadataMs) != RD_KAFKA_RESP_ERR_NO_ERROR) {
          return false;
        }
        partition = {low, high, low >= high};
      }
      rd_kafka_topic_partition_list_add(list.get(), topic_.c_str(), number)->offset =
          partition.next;
    }
    if (rd_kafka_assign(handle_.get(), list.get()) != RD_KAFKA_RESP_ERR_NO_ERROR) return false;
    partitions_ = std::move(partitions);
    must_open_ = false;
    next_look_ = Time::now() + kLookForPartitions;
    update();
    return true;
  }

  std::size_t count_partitions() {
    const auto metadata = fetch_metadata(handle_.get(), topic_, kMetadataMs);
    if (!metadata || metadata->topic_cnt != 1) return 0;
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return 0;
    return static_cast<std::size_t>(found.partition_cnt);
  }

  void poll() {
    const Message message{rd_kafka_consumer_poll(handle_.get(), kPollMs)};
    if (!message) {
      look_for_partitions();
      update();
      return;
    }
    switch (message->err) {
      case RD_KAFKA_RESP_ERR_NO_ERROR:
        take(*message);
        break;
      case RD_KAFKA_RESP_ERR__PARTITION_EOF:
        reach(message->partition, message->offset);
        break;
      case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
      case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
      case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
        // Deleted: when it is made anew, its offsets begin again.
        trouble(*message);
        partitions_.clear();
        must_open_ = true;
        pause();
        break;
      default:
        trouble(*message);  // librdkafka goes on by itself
    }
  }

  void take(const rd_kafka_message_t& message) {
    const std::string_view key{static_cast<const char*>(message.key), message.key_len};
    std::optional<std::string_view> payload;
    if (message.len != 0) payload.emplace(static_cast<const char*>(message.payload), message.len);
    apply_(key, payload);
    ++applied_;
    metrics_.records.Increment();
    const auto index = static_cast<std::size_t>(message.partition);
    if (index < partitions_.size()) {
      auto& partition = partitions_[index];
      partition.next = message.offset + 1;
      if (partition.next >= partition.target) partition.reached = true;
    }
    if (!caught_up_ || applied_ % 256 == 0) update();
  }

  /// The end is not always behind a record: the last ones may be compacted away or control records.
  void reach(std::int32_t number, std::int64_t offset) {
    const auto index = static_cast<std::size_t>(number);
    if (index >= partitions_.size()) return;
    partitions_[index].next = offset;
    partitions_[index].reached = true;
    update();
  }

  void trouble(const rd_kafka_message_t& message) {
    metrics_.errors.Increment();
    trouble_line({{"topic", topic_}, {"error", to_error(message.err)}});
  }

  void look_for_partitions() {
    if (Time::now() < next_look_) return;
    next_look_ = Time::now() + kLookForPartitions;
    if (count_partitions() > partitions_.size()) must_open_ = true;
  }

  void update() {
    std::int64_t lag = 0;
    for (std::size_t i = 0; i < partitions_.size(); ++i) {
      std::int64_t low = 0, high = 0;
      const auto known = rd_kafka_get_watermark_offsets(handle_.get(), topic_.c_str(),
                                                        static_cast<std::int32_t>(i), &low, &high);
      if (known != RD_KAFKA_RESP_ERR_NO_ERROR || high < 0) high = partitions_[i].target;
      lag += std::max<std::int64_t>(high - partitions_[i].next, 0);
    }
    lag_ = lag;
    metrics_.lag.Set(static_cast<double>(lag));
    const bool all = std::all_of(partitions_.begin(), partitions_.end(),
                                 [](const Partition& partition) { return partition.reached; });
    if (caught_up_ || !all) return;
    caught_up_ = true;
    metrics_.caught_up.Set(1);
    log::info("kafka topic read to its end", {{"topic", topic_}, {"records", applied()}});
  }

  const std::string topic_;
  const Apply apply_;
  Metrics metrics_;
  std::atomic<bool> stopping_{false}, caught_up_{false};
  std::atomic<std::uint64_t> applied_{0};
  std::atomic<std::int64_t> lag_{-1};
  std::mutex mutex_;
  std::condition_variable stop_;
  std::vector<Partition> partitions_;
  bool must_open_ = false;
  Time::time_point next_look_{};
  Handle handle_;
  std::thread thread_;
};

Follower::Follower(std::string brokers, std::string topic, Apply apply,
                   prometheus::Registry& registry, ClientOptions options)
    : impl_{std::make_unique<Impl>(brokers, topic, std::move(apply), registry, options)} {}
Follower::~Follower() = default;

bool Follower::caught_up() const { return impl_->caught_up(); }
std::uint64_t Follower::applied() const { return impl_->applied(); }
std::int64_t Follower::lag() const { return impl_->lag(); }

}  // namespace pbx::kafka
