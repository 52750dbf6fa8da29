#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace pbx::test {

/// librdkafka's broker inside this process: real sockets on loopback, no disk. It answers no admin
/// requests and makes unknown topics by itself.
class MockKafka {
 public:
  MockKafka();
  ~MockKafka();
  MockKafka(const MockKafka&) = delete;
  MockKafka& operator=(const MockKafka&) = delete;

  std::string brokers() const;
  void make_topic(const std::string& name, int partitions);
  /// The broker drops its connections and refuses new ones, until up(). Its records stay.
  void down();
  void up();
  /// Round trips take that much longer.
  void slow(std::chrono::milliseconds time);
  /// Metadata of `name` says "unknown topic" (true) or tells the truth again (false).
  void hide_topic(const std::string& name, bool hidden);

 private:
  struct Parts;
  std::unique_ptr<Parts> parts_;
};

/// Polls `condition` from this thread; false when it does not hold in time.
bool eventually(const std::function<bool()>& condition,
                std::chrono::milliseconds limit = std::chrono::seconds{30});

}  // namespace pbx::test
