#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "kafka/producer.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::cluster {

struct PublisherOptions {
  std::filesystem::path spool_dir;              ///< This process' own; made when missing.
  std::uint64_t max_spool_bytes = 1u << 30;     ///< More than that: new events are refused.
  std::uint64_t segment_bytes = 16u << 20;      ///< Of one file.
  std::chrono::milliseconds patience{5000};     ///< Not delivered by then: Kafka counts as away.
  std::chrono::milliseconds retry_every{1000};  ///< Pause before the spool is tried again.
  std::chrono::milliseconds sync_every{200};    ///< fsync of what was spooled.
  std::size_t resend_window = 1000;             ///< Spooled events in flight at a time.
};

/// Sends events to Kafka and keeps them in order in files while Kafka is away, also over a restart.
/// At least once; per key, the last one that Kafka gets is the last one published. Thread-safe.
class EventPublisher {
 public:
  using Delivered = MoveFunction<void(Result<>)>;

  /// The producer serves this publisher alone. Throws std::system_error when the spool cannot be
  /// opened (another process has it, no permission).
  EventPublisher(kafka::Producer& producer, prometheus::Registry& registry,
                 PublisherOptions options);
  /// What Kafka has not confirmed goes to the spool; callbacks are dropped.
  ~EventPublisher();
  EventPublisher(const EventPublisher&) = delete;
  EventPublisher& operator=(const EventPublisher&) = delete;

  /// `delivered` runs once, on another thread, when Kafka has the event, however long that takes;
  /// with Overloaded, within this call, when the spool is full; never if the process ends before.
  void publish(std::string_view topic, std::string_view key, std::string_view payload,
               Delivered delivered = {});
  /// The same, with `delivered` posted to `executor`.
  void publish(std::string_view topic, std::string_view key, std::string_view payload,
               const boost::asio::any_io_executor& executor, Delivered delivered);

  /// Events go straight to Kafka, none waits in the spool.
  bool direct() const;
  std::uint64_t spooled_records() const;
  /// Waits until everything published before is confirmed or on disk.
  void flush(std::chrono::milliseconds timeout);

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::cluster
