#include "kafka/producer.hpp"

#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <thread>

#include "core/errc.hpp"
#include "kafka/errc.hpp"
#include "kafka/handle.hpp"
#include "telemetry/log.hpp"
#include "telemetry/metrics.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::kafka {
namespace {

constexpr int kPollMs = 100;

struct Metrics {
  explicit Metrics(prometheus::Registry& registry)
      : delivered{messages(registry, "delivered")},
        failed{messages(registry, "failed")},
        refused{messages(registry, "refused")},
        errors{telemetry::counter(registry, "pbx_kafka_producer_errors_total",
                                  "Errors that the Kafka producer reported")},
        queued{telemetry::gauge(registry, "pbx_kafka_producer_queued",
                                "Messages without a delivery report")},
        connected{telemetry::gauge(registry, "pbx_kafka_producer_connected",
                                   "1: the producer can deliver")},
        seconds{telemetry::histogram(registry, "pbx_kafka_delivery_seconds",
                                     "From produce to the brokers' acknowledgement",
                                     telemetry::latency_buckets())},
        batch{telemetry::histogram(registry, "pbx_kafka_delivery_batch_messages",
                                   "Messages that were acknowledged together",
                                   telemetry::exponential_buckets(1, 2, 14))} {}

  static prometheus::Counter& messages(prometheus::Registry& registry, const char* result) {
    return telemetry::counter(registry, "pbx_kafka_messages_total", "Messages by their end",
                              {{"result", result}});
  }

  prometheus::Counter &delivered, &failed, &refused, &errors;
  prometheus::Gauge &queued, &connected;
  prometheus::Histogram &seconds, &batch;
};

log::RateLimited failed_line{log::Level::Warn, "kafka message not delivered", 1};

using Topic = std::unique_ptr<rd_kafka_topic_t, Freed<rd_kafka_topic_destroy>>;

}  // namespace

class Producer::Impl {
 public:
  Impl(std::string brokers, prometheus::Registry& registry, ProducerOptions options)
      : brokers_{std::move(brokers)},
        options_{std::move(options)},
        metrics_{registry},
        handle_{make()},
        poller_{[this] { poll(); }} {}

  ~Impl() {
    flush(std::chrono::seconds{1});
    stopping_ = true;
    poller_.join();
    finish(handle_.get());
    topics_.clear();
  }

  Result<> try_produce(std::string_view topic, std::string_view key, std::string_view payload,
                       Delivered& delivered) {
    auto opaque = delivered ? std::make_unique<Delivered>(std::move(delivered)) : nullptr;
    const auto error = enqueue(topic, key, payload, opaque.get());
    if (error == RD_KAFKA_RESP_ERR_NO_ERROR) {
      static_cast<void>(opaque.release());  // on_report takes it back
      return {};
    }
    metrics_.refused.Increment();
    if (opaque) delivered = std::move(*opaque);
    return to_error(error);
  }

  bool healthy() const { return connected_ && delivering_; }

  bool flush(std::chrono::milliseconds timeout) {
    const auto handle = current();  // without the lock: callbacks may produce again
    return rd_kafka_flush(handle.get(), static_cast<int>(timeout.count())) ==
           RD_KAFKA_RESP_ERR_NO_ERROR;
  }

  void start_over() {
    const auto handle = current();
    rd_kafka_purge(handle.get(), RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    // librdkafka forgets a purged request's timeout, too: a connection that only looks alive would
    // be kept for ever.
    renewal_wanted_ = true;
  }

 private:
  std::shared_ptr<rd_kafka_t> current() const {
    const std::shared_lock lock{mutex_};
    return handle_;
  }

  std::shared_ptr<rd_kafka_t> make() {
    auto conf = make_conf(
        brokers_, options_,
        {{"enable.idempotence", "true"},
         {"acks", "all"},
         {"linger.ms", std::to_string(options_.linger.count())},
         {"message.timeout.ms", std::to_string(options_.message_timeout.count())},
         {"queue.buffering.max.messages", std::to_string(options_.max_queued_messages)},
         {"queue.buffering.max.kbytes", std::to_string(options_.max_queued_kilobytes)},
         {"partitioner", "murmur2_random"},  // as Java clients do: one key, one partition for all
         {"statistics.interval.ms", "1000"}});
    rd_kafka_conf_set_opaque(conf.get(), this);
    rd_kafka_conf_set_dr_msg_cb(conf.get(), &Impl::on_report);
    rd_kafka_conf_set_error_cb(conf.get(), &Impl::on_error);
    rd_kafka_conf_set_stats_cb(conf.get(), &Impl::on_stats);
    return make_handle(RD_KAFKA_PRODUCER, std::move(conf));
  }

  rd_kafka_resp_err_t enqueue(std::string_view topic, std::string_view key,
                              std::string_view payload, Delivered* opaque) {
    const std::shared_lock lock{mutex_};
    auto* handle = topic_handle(topic);
    if (handle == nullptr) return rd_kafka_last_error();
    // librdkafka reads a null pointer as null and takes "" for an empty value: a tombstone is null.
    void* bytes = payload.empty() ? nullptr : const_cast<char*>(payload.data());
    const int result = rd_kafka_produce(handle, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, bytes,
                                        payload.size(), key.data(), key.size(), opaque);
    return result == 0 ? RD_KAFKA_RESP_ERR_NO_ERROR : rd_kafka_last_error();
  }

  rd_kafka_topic_t* topic_handle(std::string_view name) {
    const std::lock_guard lock{topics_mutex_};
    if (const auto found = topics_.find(name); found != topics_.end()) return found->second.get();
    const auto full = options_.topic_prefix + std::string{name};
    Topic made{rd_kafka_topic_new(handle_.get(), full.c_str(), nullptr)};
    if (!made) return nullptr;
    return topics_.emplace(name, std::move(made)).first->second.get();
  }

  static void on_report(rd_kafka_t*, const rd_kafka_message_t* message, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    ++self.reports_;
    const std::unique_ptr<Delivered> delivered{static_cast<Delivered*>(message->_private)};
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      self.delivering_ = true;
      self.metrics_.delivered.Increment();
      self.metrics_.seconds.Observe(static_cast<double>(rd_kafka_message_latency(message)) / 1e6);
    } else {
      const auto error = to_error(message->err);
      if (error != Errc::Cancelled && error != Errc::InvalidArgument) self.delivering_ = false;
      self.metrics_.failed.Increment();
      failed_line({{"error", error}});
    }
    if (delivered) (*delivered)(to_error(message->err));
  }

  static void on_error(rd_kafka_t*, int code, const char* reason, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    self.metrics_.errors.Increment();
    if (code == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) self.connected_ = false;
    if (code != RD_KAFKA_RESP_ERR__FATAL) return;
    log::error("kafka producer failed for good, made anew", {{"reason", std::string_view{reason}}});
    self.renewal_wanted_ = true;
  }

  static int on_stats(rd_kafka_t*, char* json, std::size_t size, void* opaque) {
    auto& self = *static_cast<Impl*>(opaque);
    const bool up = std::string_view{json, size}.find("\"state\":\"UP\"") != std::string_view::npos;
    if (up && !self.connected_) self.delivering_ = true;
    self.connected_ = up;
    return 0;
  }

  void poll() {
    while (!stopping_) {
      rd_kafka_poll(handle_.get(), kPollMs);
      if (const auto reports = reports_.exchange(0)) {
        metrics_.batch.Observe(static_cast<double>(reports));
      }
      metrics_.queued.Set(rd_kafka_outq_len(handle_.get()));
      metrics_.connected.Set(healthy() ? 1 : 0);
      if (renewal_wanted_.exchange(false)) renew();
    }
  }

  /// Another one takes librdkafka's producer's place: after a fatal error it takes nothing more.
  void renew() {
    auto fresh = make();
    std::map<std::string, Topic, std::less<>> old_topics;
    {
      const std::lock_guard lock{mutex_};
      handle_.swap(fresh);
      old_topics.swap(topics_);
    }
    finish(fresh.get());
    old_topics.clear();
  }

  /// Fails all that is left, so that every callback runs.
  static void finish(rd_kafka_t* handle) {
    rd_kafka_purge(handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT);
    for (int round = 0; round < 50 && rd_kafka_outq_len(handle) > 0; ++round) {
      rd_kafka_poll(handle, kPollMs);
    }
  }

  const std::string brokers_;
  const ProducerOptions options_;
  Metrics metrics_;
  std::atomic<bool> stopping_{false}, renewal_wanted_{false}, connected_{false}, delivering_{true};
  std::atomic<std::size_t> reports_{0};  // since the last poll
  mutable std::shared_mutex mutex_;      // handle_ stays the same while it is held shared
  std::shared_ptr<rd_kafka_t> handle_;
  std::mutex topics_mutex_;
  std::map<std::string, Topic, std::less<>> topics_;
  std::thread poller_;
};

Producer::Producer(std::string brokers, prometheus::Registry& registry, ProducerOptions options)
    : impl_{std::make_unique<Impl>(std::move(brokers), registry, std::move(options))} {}
Producer::~Producer() = default;

void Producer::produce(std::string_view topic, std::string_view key, std::string_view payload,
                       Delivered delivered) {
  const auto queued = impl_->try_produce(topic, key, payload, delivered);
  if (!queued && delivered) delivered(queued);
}
Result<> Producer::try_produce(std::string_view topic, std::string_view key,
                               std::string_view payload, Delivered& delivered) {
  return impl_->try_produce(topic, key, payload, delivered);
}
bool Producer::healthy() const { return impl_->healthy(); }
bool Producer::flush(std::chrono::milliseconds timeout) { return impl_->flush(timeout); }
void Producer::start_over() { impl_->start_over(); }

}  // namespace pbx::kafka
