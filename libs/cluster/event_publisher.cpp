#include "cluster/event_publisher.hpp"

#include <boost/asio/post.hpp>
#include <condition_variable>
#include <deque>
#include <list>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "cluster/event_spool.hpp"
#include "cluster/publisher_metrics.hpp"
#include "core/errc.hpp"
#include "telemetry/log.hpp"

namespace pbx::cluster {
namespace {

using Steady = std::chrono::steady_clock;
using Lock = std::unique_lock<std::mutex>;
using Delivered = EventPublisher::Delivered;

/// Sent to Kafka and not confirmed.
struct Outstanding {
  std::string topic, key, payload;
  Delivered delivered;
  Steady::time_point since;
};

/// Callbacks to run once the mutex is free.
class Finished {
 public:
  void add(Delivered delivered, std::error_code error = {}) {
    if (delivered) calls_.emplace_back(std::move(delivered), error);
  }
  ~Finished() { run(); }
  void run() {
    for (auto& [delivered, error] : std::exchange(calls_, {})) delivered(error);
  }

 private:
  std::vector<std::pair<Delivered, std::error_code>> calls_;
};

std::int64_t wall_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::system_clock::now().time_since_epoch())
      .count();
}

/// Kafka will never take it, however often it is sent.
bool is_hopeless(std::error_code error) { return error == Errc::InvalidArgument; }

}  // namespace

/// Shared with the delivery reports that may come after the publisher is gone.
///
/// Two modes. Direct: an event goes to Kafka and is kept in `outstanding_` until it is confirmed.
/// At the first failure everything outstanding moves to the spool in the order of publication, and
/// from then on all events go to its end (Spooling), while the sender thread sends from its front.
/// When it is empty the mode is Direct again. So no event overtakes an earlier one that is yet to
/// be sent.
class EventPublisher::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(kafka::Producer& producer, prometheus::Registry& registry, PublisherOptions options)
      : producer_{producer},
        options_{std::move(options)},
        metrics_{registry},
        spool_{{options_.spool_dir, options_.max_spool_bytes, options_.segment_bytes}} {
    direct_ = spool_.records() == 0;
    report_state();
  }

  void start() {
    sender_ = std::thread{[this] { run(); }};
  }

  void publish(std::string_view topic, std::string_view key, std::string_view payload,
               Delivered delivered) {
    metrics_.published.Increment();
    Finished finished;  // before the lock: runs after it
    const Lock lock{mutex_};
    if (!direct_) return spool_one(topic, key, payload, std::move(delivered), finished);
    outstanding_.push_back({std::string{topic}, std::string{key}, std::string{payload},
                            std::move(delivered), Steady::now()});
    const auto place = std::prev(outstanding_.end());
    kafka::Delivered report = [self = shared_from_this(), generation = generation_, place](
                                  Result<> result) { self->reported(generation, place, result); };
    const auto sent = producer_.try_produce(topic, key, payload, report);
    if (!sent) failed(place, sent.error(), finished);
  }

  bool direct() const {
    const Lock lock{mutex_};
    return direct_;
  }

  std::uint64_t spooled_records() const {
    const Lock lock{mutex_};
    return spool_.records();
  }

  void flush(std::chrono::milliseconds timeout) {
    producer_.flush(timeout);
    Finished finished;
    const Lock lock{mutex_};
    if (direct_ && !outstanding_.empty()) start_spooling(finished);
    spool_.sync();
  }

  /// What is not confirmed goes to the spool; nobody is called any more.
  void stop() {
    {
      const Lock lock{mutex_};
      stopping_ = true;
    }
    changed_.notify_all();
    sender_.join();
    producer_.flush(std::chrono::seconds{1});
    Lock lock{mutex_};
    for (auto& event : outstanding_) event.delivered = {};
    waiting_.clear();
    Finished finished;
    if (!outstanding_.empty()) start_spooling(finished);
    ++generation_;
    spool_.sync();
  }

 private:
  using Place = std::list<Outstanding>::iterator;

  /// A group of spooled events in flight.
  struct Window {
    std::vector<EventSpool::Entry> entries;
    std::vector<std::uint8_t> done;
    std::size_t missing = 0;
    bool failed = false;
  };

  // --- direct ---

  void reported(std::uint64_t generation, Place place, Result<> result) {
    Finished finished;
    const Lock lock{mutex_};
    if (generation != generation_) return;  // it is in the spool by now
    if (result) {
      finished.add(std::move(place->delivered));
      outstanding_.erase(place);
    } else {
      failed(place, result.error(), finished);
    }
  }

  void failed(Place place, std::error_code error, Finished& finished) {
    if (is_hopeless(error)) {
      metrics_.dropped.Increment();
      log::error("event refused", {{"topic", place->topic}, {"error", error}});
      finished.add(std::move(place->delivered), error);
      outstanding_.erase(place);
      return;
    }
    log::warn("kafka is away, events go to the spool", {{"error", error}});
    start_spooling(finished);
  }

  void start_spooling(Finished& finished) {
    direct_ = false;
    ++generation_;
    for (auto& event : outstanding_) {
      spool_one(event.topic, event.key, event.payload, std::move(event.delivered), finished);
    }
    outstanding_.clear();
    changed_.notify_all();
  }

  void spool_one(std::string_view topic, std::string_view key, std::string_view payload,
                 Delivered delivered, Finished& finished) {
    const auto number = spool_.append({wall_ms(), topic, key, payload});
    if (!number) {
      metrics_.dropped.Increment();
      finished.add(std::move(delivered), number.error());
      return;
    }
    metrics_.spooled.Increment();
    if (delivered) waiting_.emplace_back(*number, std::move(delivered));
    report_state();
  }

  // --- spooling: the sender's thread ---

  void run() {
    Lock lock{mutex_};
    std::size_t window = 1;
    while (!stopping_) {
      if (direct_) {
        window = 1;
        changed_.wait_for(lock, options_.sync_every, [this] { return stopping_ || !direct_; });
        check_patience(lock);
        continue;
      }
      spool_.sync();
      if (send_window(lock, window)) {
        window = options_.resend_window;
        continue;
      }
      window = 1;  // one event asks whether Kafka is back
      pause(lock);
    }
  }

  void check_patience(Lock& lock) {
    if (!direct_ || outstanding_.empty()) return;
    if (Steady::now() - outstanding_.front().since < options_.patience) return;
    Finished finished;
    log::warn("kafka does not answer, events go to the spool");
    start_spooling(finished);
    lock.unlock();
    finished.run();
    lock.lock();
  }

  /// Between two attempts; what was spooled meanwhile reaches the disk.
  void pause(Lock& lock) {
    const auto until = Steady::now() + options_.retry_every;
    while (!stopping_ && Steady::now() < until) {
      changed_.wait_for(lock, std::min(options_.sync_every, options_.retry_every),
                        [this] { return stopping_; });
      spool_.sync();
    }
  }

  /// True when all of it was confirmed; the mode is Direct if that was all there is.
  bool send_window(Lock& lock, std::size_t size) {
    auto window = std::make_shared<Window>();
    window->entries = spool_.read(size);
    window->done.resize(window->entries.size());
    window->missing = window->entries.size();
    lock.unlock();
    for (std::size_t i = 0; i < window->entries.size(); ++i) produce(window, i);
    lock.lock();
    const auto until = Steady::now() + options_.patience;
    while (window->missing != 0 && !window->failed && !stopping_ && Steady::now() < until) {
      changed_.wait_for(lock, options_.sync_every);
      spool_.sync();
    }
    const bool good = window->missing == 0 && !window->failed;
    if (!good) {
      lock.unlock();
      producer_.start_over();  // nothing of this attempt may come after the next one
      producer_.flush(options_.patience);
      lock.lock();
    }
    settle(lock, *window);
    return good;
  }

  void produce(const std::shared_ptr<Window>& window, std::size_t index) {
    const auto& entry = window->entries[index];
    kafka::Delivered report = [self = shared_from_this(), window, index](Result<> result) {
      self->resent(*window, index, result.error());
    };
    const auto sent = producer_.try_produce(entry.topic, entry.key, entry.payload, report);
    if (!sent) resent(*window, index, sent.error());
  }

  void resent(Window& window, std::size_t index, std::error_code error) {
    const Lock lock{mutex_};
    --window.missing;
    if (!error) metrics_.resent.Increment();
    if (is_hopeless(error)) metrics_.dropped.Increment();
    window.done[index] = !error || is_hopeless(error) ? 1 : 0;
    if (window.done[index] == 0) window.failed = true;
    if (window.missing == 0 || window.failed) changed_.notify_all();
  }

  /// What was confirmed from the front on is done with; the rest is read again.
  void settle(Lock& lock, const Window& window) {
    std::uint64_t last = 0;
    for (std::size_t i = 0; i < window.entries.size() && window.done[i] != 0; ++i) {
      last = window.entries[i].number;
    }
    if (last != 0) spool_.acknowledge(last);
    spool_.rewind();
    if (spool_.records() == 0) {
      direct_ = true;
      log::info("kafka is back, the spool is empty");
    }
    report_state();
    Finished finished;
    while (!waiting_.empty() && waiting_.front().first <= last) {
      finished.add(std::move(waiting_.front().second));
      waiting_.pop_front();
    }
    lock.unlock();
    finished.run();
    lock.lock();
  }

  void report_state() {
    metrics_.records.Set(static_cast<double>(spool_.records()));
    metrics_.bytes.Set(static_cast<double>(spool_.bytes()));
    metrics_.direct.Set(direct_ ? 1 : 0);
  }

  kafka::Producer& producer_;
  const PublisherOptions options_;
  PublisherMetrics metrics_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  EventSpool spool_;
  std::list<Outstanding> outstanding_;
  std::uint64_t generation_ = 0;  // of outstanding_: reports of an older one are about the spool
  std::deque<std::pair<std::uint64_t, Delivered>> waiting_;  // spooled, by record number
  bool direct_ = true;
  bool stopping_ = false;
  std::thread sender_;
};

EventPublisher::EventPublisher(kafka::Producer& producer, prometheus::Registry& registry,
                               PublisherOptions options)
    : impl_{std::make_shared<Impl>(producer, registry, std::move(options))} {
  impl_->start();
}

EventPublisher::~EventPublisher() { impl_->stop(); }

void EventPublisher::publish(std::string_view topic, std::string_view key, std::string_view payload,
                             Delivered delivered) {
  impl_->publish(topic, key, payload, std::move(delivered));
}

void EventPublisher::publish(std::string_view topic, std::string_view key, std::string_view payload,
                             const boost::asio::any_io_executor& executor, Delivered delivered) {
  impl_->publish(
      topic, key, payload, [executor, delivered = std::move(delivered)](Result<> result) mutable {
        boost::asio::post(
            executor, [delivered = std::move(delivered), result]() mutable { delivered(result); });
      });
}

bool EventPublisher::direct() const { return impl_->direct(); }
std::uint64_t EventPublisher::spooled_records() const { return impl_->spooled_records(); }
void EventPublisher::flush(std::chrono::milliseconds timeout) { impl_->flush(timeout); }

}  // namespace pbx::cluster
