#include "kafka/consumer.hpp"

#include <atomic>
#include <map>
#include <utility>

#include "core/errc.hpp"
#include "kafka/errc.hpp"
#include "kafka/handle.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::kafka {
namespace {

constexpr int kGatherBytes = 256 * 1024;

log::RateLimited trouble_line{log::Level::Warn, "kafka consumer trouble", 1};

struct Metrics {
  explicit Metrics(prometheus::Registry& registry)
      : records{telemetry::counter(registry, "pbx_kafka_consumed_total", "Records read")},
        errors{telemetry::counter(registry, "pbx_kafka_consumer_errors_total",
                                  "Errors that the Kafka consumer reported")},
        lag{telemetry::gauge(registry, "pbx_kafka_consumer_lag",
                             "Records of the assigned partitions that are not read yet")},
        connected{telemetry::gauge(registry, "pbx_kafka_consumer_connected",
                                   "1: a broker is connected")} {}

  prometheus::Counter &records, &errors;
  prometheus::Gauge &lag, &connected;
};

/// Nothing that reading on would cure.
bool must_act(rd_kafka_resp_err_t error) {
  switch (error) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED:
    case RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED:
      return true;
    default:
      return false;
  }
}

}  // namespace

class Consumer::Impl {
 public:
  Impl(const std::string& brokers, prometheus::Registry& registry, ConsumerOptions options)
      : options_{std::move(options)}, metrics_{registry} {
    const bool gather = options_.gather.count() > 0;
    auto conf =
        make_conf(brokers, options_,
                  {{"group.id", options_.group},
                   {"enable.auto.commit", "false"},
                   {"enable.auto.offset.store", "false"},
                   {"auto.offset.reset", "earliest"},
                   {"session.timeout.ms", std::to_string(options_.session_timeout.count())},
                   {"max.poll.interval.ms", std::to_string(options_.max_poll_interval.count())},
                   {"fetch.min.bytes", std::to_string(gather ? kGatherBytes : 1)},
                   {"fetch.wait.max.ms", std::to_string(gather ? options_.gather.count() : 500)},
                   {"statistics.interval.ms", "1000"}});
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_rebalance_cb(conf.get(), &Impl::on_rebalance);
    rd_kafka_conf_set_error_cb(conf.get(), &Impl::on_error);
    rd_kafka_conf_set_stats_cb(conf.get(), &Impl::on_stats);
    handle_ = make_handle(RD_KAFKA_CONSUMER, std::move(conf));
    rd_kafka_poll_set_consumer(handle_.get());
  }

  ~Impl() { rd_kafka_consumer_close(handle_.get()); }

  Result<> assign(const std::vector<Position>& positions) {
    lags_.clear();
    return to_error(rd_kafka_assign(handle_.get(), to_list(positions).get()));
  }

  Result<> subscribe(const std::vector<std::string>& topics, Rebalance rebalance) {
    rebalance_ = std::move(rebalance);
    PartitionList list{rd_kafka_topic_partition_list_new(static_cast<int>(topics.size()))};
    for (const auto& topic : topics) {
      const auto full = options_.topic_prefix + topic;
      rd_kafka_topic_partition_list_add(list.get(), full.c_str(), RD_KAFKA_PARTITION_UA);
    }
    return to_error(rd_kafka_subscribe(handle_.get(), list.get()));
  }

  Result<std::vector<std::int32_t>> partitions(const std::string& topic,
                                               std::chrono::milliseconds timeout) {
    const auto metadata = fetch_metadata(handle_.get(), options_.topic_prefix + topic,
                                         static_cast<int>(timeout.count()));
    if (!metadata) return Errc::Unavailable;
    if (metadata->topic_cnt != 1) return Errc::NotFound;
    const auto& found = metadata->topics[0];
    if (found.err != RD_KAFKA_RESP_ERR_NO_ERROR) return to_error(found.err);
    std::vector<std::int32_t> numbers;
    for (int i = 0; i < found.partition_cnt; ++i) numbers.push_back(found.partitions[i].id);
    return numbers;
  }

  Result<std::vector<Record>> poll(std::chrono::milliseconds timeout, std::size_t max_records) {
    std::vector<Record> batch;
    auto wait = static_cast<int>(timeout.count());
    while (batch.size() < max_records) {
      const Message message{rd_kafka_consumer_poll(handle_.get(), wait)};
      if (!message) break;
      if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
        batch.push_back(to_record(*message));
        wait = 0;
        continue;
      }
      metrics_.errors.Increment();
      const auto error = to_error(message->err);
      trouble_line({{"error", error}});
      // What was read before the error is handed out first; the error comes again.
      if (must_act(message->err) && batch.empty()) return error;
      break;
    }
    metrics_.records.Increment(static_cast<double>(batch.size()));
    update_lag(batch);
    return batch;
  }

  Result<> commit(const std::vector<Position>& positions) {
    constexpr int kWaitForAnswer = 0;
    return to_error(rd_kafka_commit(handle_.get(), to_list(positions).get(), kWaitForAnswer));
  }

  bool healthy() const { return connected_; }

 private:
  PartitionList to_list(const std::vector<Position>& positions) const {
    PartitionList list{rd_kafka_topic_partition_list_new(static_cast<int>(positions.size()))};
    for (const auto& position : positions) {
      const auto full = options_.topic_prefix + position.topic;
      rd_kafka_topic_partition_list_add(list.get(), full.c_str(), position.partition)->offset =
          position.offset;
    }
    return list;
  }

  std::string short_name(std::string_view full) const {
    if (full.starts_with(options_.topic_prefix)) full.remove_prefix(options_.topic_prefix.size());
    return std::string{full};
  }

  std::vector<Position> to_positions(const rd_kafka_topic_partition_list_t& list) const {
    std::vector<Position> positions;
    for (int i = 0; i < list.cnt; ++i) {
      positions.push_back({short_name(list.elems[i].topic), list.elems[i].partition});
    }
    return positions;
  }

  Record to_record(const rd_kafka_message_t& message) const {
    Record record;
    record.topic = short_name(rd_kafka_topic_name(message.rkt));
    record.partition = message.partition;
    record.offset = message.offset;
    if (message.key_len != 0) record.key.assign(static_cast<char*>(message.key), message.key_len);
    if (message.len != 0) record.payload.assign(static_cast<char*>(message.payload), message.len);
    record.timestamp = decltype(record.timestamp){
        std::chrono::milliseconds{rd_kafka_message_timestamp(&message, nullptr)}};
    return record;
  }

  void update_lag(const std::vector<Record>& batch) {
    for (const auto& record : batch) lags_[{record.topic, record.partition}] = record.offset + 1;
    std::int64_t total = 0;
    for (const auto& [place, next] : lags_) {
      std::int64_t low = 0, high = 0;
      const auto full = options_.topic_prefix + place.first;
      const auto known =
          rd_kafka_get_watermark_offsets(handle_.get(), full.c_str(), place.second, &low, &high);
      if (known == RD_KAFKA_RESP_ERR_NO_ERROR && high > next) total += high - next;
    }
    metrics_.lag.Set(static_cast<double>(total));
  }

  static void on_rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t what,
                           rd_kafka_topic_partition_list_t* list, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    auto positions = self.to_positions(*list);
    self.lags_.clear();
    if (what == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) {
      if (self.rebalance_.assigned) self.rebalance_.assigned(positions);
      log::info("kafka partitions assigned", {{"count", positions.size()}});
      rd_kafka_assign(handle, self.to_list(positions).get());
    } else {
      if (self.rebalance_.revoked) self.rebalance_.revoked(positions);
      log::info("kafka partitions revoked", {{"count", positions.size()}});
      rd_kafka_assign(handle, nullptr);
    }
  }

  static void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    self.metrics_.errors.Increment();
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) self.set_connected(false);
    trouble_line({{"error", to_error(code)}, {"reason", std::string_view{reason}}});
  }

  static int on_stats(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    const bool up = std::string_view{json, size}.find("\"state\":\"UP\"") != std::string_view::npos;
    static_cast<Impl*>(opaque)->set_connected(up);
    return 0;
  }

  void set_connected(bool connected) {
    connected_ = connected;
    metrics_.connected.Set(connected ? 1 : 0);
  }

  const ConsumerOptions options_;
  Metrics metrics_;
  Rebalance rebalance_;
  std::map<std::pair<std::string, std::int32_t>, std::int64_t> lags_;  // next offset to read
  std::atomic<bool> connected_{false};
  Handle handle_;
};

Consumer::Consumer(std::string brokers, prometheus::Registry& registry, ConsumerOptions options)
    : impl_{std::make_unique<Impl>(brokers, registry, std::move(options))} {}
Consumer::~Consumer() = default;

Result<> Consumer::assign(const std::vector<Position>& positions) {
  return impl_->assign(positions);
}
Result<> Consumer::subscribe(const std::vector<std::string>& topics, Rebalance rebalance) {
  return impl_->subscribe(topics, std::move(rebalance));
}
Result<std::vector<std::int32_t>> Consumer::partitions(const std::string& topic,
                                                       std::chrono::milliseconds timeout) {
  return impl_->partitions(topic, timeout);
}
Result<std::vector<Record>> Consumer::poll(std::chrono::milliseconds timeout,
                                           std::size_t max_records) {
  return impl_->poll(timeout, max_records);
}
Result<> Consumer::commit(const std::vector<Position>& positions) {
  return impl_->commit(positions);
}
bool Consumer::healthy() const { return impl_->healthy(); }

}  // namespace pbx::kafka
