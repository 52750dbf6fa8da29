#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "billing/adapters/cdr_store.hpp"
#include "billing/domain/batch.hpp"
#include "kafka/consumer.hpp"

namespace pbx::billing {

struct Metrics;

/// Reads the topic `calls` on a thread of its own and keeps what it learns. Several processes share
/// the partitions through Kafka's group; where each goes on is in PostgreSQL alone, so rows and
/// offsets can never disagree. While the database is away it stops reading and tries again.
class CallReader {
 public:
  CallReader(const std::string& brokers, kafka::ConsumerOptions options, std::string owner,
             CdrStore& store, Metrics& metrics, prometheus::Registry& registry);
  ~CallReader();
  CallReader(const CallReader&) = delete;
  CallReader& operator=(const CallReader&) = delete;

  bool kafka_ok() const { return consumer_.healthy(); }
  bool database_ok() const { return database_ok_; }
  /// Saves what was gathered and reads no more.
  void stop();

 private:
  void run();
  void subscribe();
  void assigned(std::vector<kafka::Position>& positions);
  void revoked(const std::vector<kafka::Position>& positions);
  void read();
  /// True when the time has come: rows wait, or offsets alone have waited for a second.
  bool due() const;
  /// Tries until it succeeds, the partitions are lost or the end has come.
  void save();
  bool save_once();
  void saved(const Batch& batch, std::size_t written);
  /// The database refuses the rows themselves: find them, and keep the others.
  void refuse_bad_rows();
  void fenced();
  /// Asks the database now and then while there is nothing to save, for /readyz.
  void probe();
  void pause(std::chrono::milliseconds time);

  const std::string owner_;
  CdrStore& store_;
  Metrics& metrics_;
  Fold fold_;
  CdrStore::Claims claims_;
  bool lost_claims_ = false;
  std::chrono::steady_clock::time_point last_save_{};
  std::chrono::steady_clock::time_point last_probe_{};
  std::atomic<bool> stop_{false};
  std::atomic<bool> database_ok_{false};
  std::mutex mutex_;
  std::condition_variable stopped_;
  kafka::Consumer consumer_;
  std::thread thread_;
};

}  // namespace pbx::billing
