#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "kafka/options.hpp"

namespace prometheus {
class Registry;
}

namespace pbx::kafka {

/// For events that nobody waits for: a request costs much more than a message.
inline constexpr std::chrono::milliseconds kEventLinger{200};

struct ProducerOptions : ClientOptions {
  std::chrono::milliseconds linger{5};  ///< How long messages of a partition may gather.
  std::chrono::milliseconds message_timeout{30'000};  ///< Not delivered by then: Timeout.
  int max_queued_messages = 100'000;
  int max_queued_kilobytes = 256 * 1024;
};

using Delivered = MoveFunction<void(Result<>)>;

/// Idempotent, acks=all. Thread-safe. Order is kept per key.
class Producer {
 public:
  Producer(std::string brokers, prometheus::Registry& registry, ProducerOptions options = {});
  /// Waits up to a second for what is queued; callbacks of the rest get Cancelled.
  ~Producer();
  Producer(const Producer&) = delete;
  Producer& operator=(const Producer&) = delete;

  /// An empty payload is a tombstone. `delivered` runs once, on the producer's own thread, or
  /// within this call when the event cannot be queued (Overloaded, NotFound, InvalidArgument).
  /// Payload and key are copied.
  void produce(std::string_view topic, std::string_view key, std::string_view payload,
               Delivered delivered = {});
  /// produce() that hands a refusal back: then `delivered` is left as it is and does not run.
  Result<> try_produce(std::string_view topic, std::string_view key, std::string_view payload,
                       Delivered& delivered);
  /// A broker is connected and the last delivery did not fail.
  bool healthy() const;
  /// True when everything queued was delivered or failed in time.
  bool flush(std::chrono::milliseconds timeout);
  /// Fails everything that is not delivered yet with Cancelled, in order, and connects anew.
  void start_over();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pbx::kafka
