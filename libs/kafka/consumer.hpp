#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "kafka/options.hpp"
#include "kafka/record.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::kafka {

struct ConsumerOptions : ClientOptions {
  std::string group = "clusterpbx";
  std::chrono::milliseconds session_timeout{10'000};
  std::chrono::milliseconds max_poll_interval{300'000};
  /// How long a broker may let records gather before it hands them over. 0: it does not; each
  /// record costs a request then, and the broker more than the producer does.
  std::chrono::milliseconds gather{0};
};

/// Reads batches on the caller's own thread; one thread at a time. Nothing is committed by itself:
/// the caller keeps offsets with its rows, or calls commit().
class Consumer {
 public:
  /// What happened to this member's share. Both run inside poll().
  struct Rebalance {
    /// Partitions this member was given; set each `offset` to where to go on (kStored by default).
    std::function<void(std::vector<Position>&)> assigned;
    std::function<void(const std::vector<Position>&)> revoked;
  };

  Consumer(std::string brokers, prometheus::Registry& registry, ConsumerOptions options = {});
  /// Leaves the group.
  ~Consumer();
  Consumer(const Consumer&) = delete;
  Consumer& operator=(const Consumer&) = delete;

  /// Reads exactly these, without group management.
  Result<> assign(const std::vector<Position>& positions);
  /// Shares the topics' partitions with the other members of the group.
  Result<> subscribe(const std::vector<std::string>& topics, Rebalance rebalance = {});
  /// Partition numbers of a topic; NotFound when it does not exist.
  Result<std::vector<std::int32_t>> partitions(const std::string& topic,
                                               std::chrono::milliseconds timeout);

  /// Up to `max_records`, waiting at most `timeout` for the first. An empty batch is no error.
  /// Errors are those that the caller must act on; a lost broker is not one (see healthy()).
  Result<std::vector<Record>> poll(std::chrono::milliseconds timeout,
                                   std::size_t max_records = 1000);
  /// Stores `positions` (offset of the next record to read) in the group; waits for the answer.
  Result<> commit(const std::vector<Position>& positions);
  bool healthy() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::kafka
