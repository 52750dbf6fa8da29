#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "provisioning/adapters/config_topic.hpp"
#include "provisioning/adapters/outbox.hpp"

namespace pbx::provisioning {

struct Metrics;

/// Carries the outbox to the topic `config` on a thread of its own. One process of the cluster does
/// it at a time (a session lock in PostgreSQL); the others stand by. Whatever is away, it tries
/// again until it is back.
class Publisher {
 public:
  Publisher(Outbox& outbox, ConfigTopic& topic, Metrics& metrics);
  ~Publisher();
  Publisher(const Publisher&) = delete;
  Publisher& operator=(const Publisher&) = delete;

  bool database_ok() const { return database_ok_; }
  bool active() const { return active_; }
  /// Ends after what is being delivered now.
  void stop();

 private:
  void run();
  Result<> step();  ///< One turn; an error closes the session.
  Result<> take_over();
  Result<> publish();
  void lost(std::error_code error);
  void pause(std::chrono::milliseconds time);

  Outbox& outbox_;
  ConfigTopic& topic_;
  Metrics& metrics_;
  std::atomic<bool> stop_{false};
  std::atomic<bool> database_ok_{false};
  std::atomic<bool> active_{false};
  bool topic_checked_ = false;
  std::mutex mutex_;
  std::condition_variable stopped_;
  std::thread thread_;
};

}  // namespace pbx::provisioning
