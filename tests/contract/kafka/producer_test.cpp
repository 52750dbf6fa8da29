#include "kafka/producer.hpp"

#include <prometheus/registry.h>

#include <atomic>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include "contract/kafka/read_topic.hpp"
#include "core/errc.hpp"
#include "support/mock_kafka.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::eventually;
using test::read_all;

namespace {

/// Collects delivery results from whatever thread they come on.
class Results {
 public:
  kafka::Delivered note() {
    return [this](Result<> result) {
      const std::lock_guard lock{mutex_};
      errors_.push_back(result.error());
    };
  }
  std::vector<std::error_code> errors() const {
    const std::lock_guard lock{mutex_};
    return errors_;
  }
  bool wait(std::size_t count) const {
    return eventually([&] { return errors().size() >= count; });
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::error_code> errors_;
};

}  // namespace

TEST_CASE("Messages are delivered once, in the order of their key, from many threads", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 4);
  prometheus::Registry registry;
  Results results;
  kafka::Producer producer{broker.brokers(), registry};

  constexpr int kThreads = 4, kMessages = 250;
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, key = "call-" + std::to_string(thread)] {
      for (int i = 0; i < kMessages; ++i) {
        producer.produce("calls", key, std::to_string(i), results.note());
      }
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(results.wait(kThreads * kMessages));
  for (const auto& error : results.errors()) CHECK_FALSE(error);
  CHECK(eventually([&] { return producer.healthy(); }));

  std::map<std::string, int> next;
  for (const auto& record : read_all(broker, "calls", kThreads * kMessages)) {
    CHECK(record.payload == std::to_string(next[record.key]++));
  }
  CHECK(next.size() == kThreads);
  for (const auto& [key, count] : next) CHECK(count == kMessages);
}

TEST_CASE("An empty payload is a tombstone, keys and payloads are binary", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("config", 1);
  prometheus::Registry registry;
  kafka::Producer producer{broker.brokers(), registry};
  const std::string binary{"a\0b", 3};
  producer.produce("config", binary, binary);
  producer.produce("config", "gone", "");
  REQUIRE(producer.flush(10s));
  const auto records = read_all(broker, "config", 2);
  REQUIRE(records.size() == 2);
  CHECK(records[0].key == binary);
  CHECK(records[0].payload == binary);
  CHECK(records[0].offset == 0);
  CHECK(records[0].timestamp.time_since_epoch() > 0ms);
  CHECK(records[1].payload.empty());
}

TEST_CASE("While the broker is away messages wait, time out or are given up", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 1);
  prometheus::Registry registry;
  Results results;
  kafka::ProducerOptions options;
  SECTION("they wait and are delivered when it is back") {
    kafka::Producer producer{broker.brokers(), registry, options};
    REQUIRE(eventually([&] { return producer.healthy(); }));
    broker.down();
    producer.produce("calls", "k", "v", results.note());
    REQUIRE(eventually([&] { return !producer.healthy(); }));
    CHECK(results.errors().empty());
    broker.up();
    REQUIRE(results.wait(1));
    CHECK_FALSE(results.errors()[0]);
    CHECK(eventually([&] { return producer.healthy(); }));
  }
  SECTION("they time out") {
    options.message_timeout = 200ms;
    kafka::Producer producer{broker.brokers(), registry, options};
    broker.down();
    producer.produce("calls", "k", "v", results.note());
    REQUIRE(results.wait(1));
    CHECK(results.errors()[0] == Errc::Timeout);
    CHECK_FALSE(producer.healthy());
  }
  SECTION("the producer starts over") {
    kafka::Producer producer{broker.brokers(), registry, options};
    broker.down();
    for (int i = 0; i < 3; ++i) producer.produce("calls", "k", "v", results.note());
    producer.start_over();
    REQUIRE(results.wait(3));
    for (const auto& error : results.errors()) CHECK(error == Errc::Cancelled);
  }
  SECTION("their producer ends") {
    {
      kafka::Producer producer{broker.brokers(), registry, options};
      broker.down();
      producer.produce("calls", "k", "v", results.note());
    }
    REQUIRE(results.errors().size() == 1);
    CHECK(results.errors()[0] == Errc::Cancelled);
  }
}

TEST_CASE("What cannot be queued is refused within the call", "[kafka]") {
  test::MockKafka broker;
  prometheus::Registry registry;
  kafka::ProducerOptions options;
  options.max_queued_messages = 2;
  kafka::Producer producer{broker.brokers(), registry, options};
  broker.down();
  producer.produce("calls", "k", "1");
  producer.produce("calls", "k", "2");
  std::optional<std::error_code> third, large;
  producer.produce("calls", "k", "3", [&](Result<> result) { third = result.error(); });
  REQUIRE(third);
  CHECK(*third == Errc::Overloaded);
  producer.produce("calls", "k", std::string(2'000'000, 'x'),
                   [&](Result<> result) { large = result.error(); });
  REQUIRE(large);
  CHECK(*large == Errc::InvalidArgument);

  kafka::Delivered kept = [&](Result<>) { third.reset(); };
  CHECK(producer.try_produce("calls", "k", "4", kept).error() == Errc::Overloaded);
  CHECK(kept);
  producer.start_over();
}

TEST_CASE("A topic prefix is on the wire and nowhere else", "[kafka]") {
  test::MockKafka broker;
  prometheus::Registry registry;
  kafka::ProducerOptions options;
  options.topic_prefix = "lab-";
  {
    kafka::Producer producer{broker.brokers(), registry, options};
    producer.produce("calls", "k", "v");
    REQUIRE(producer.flush(10s));
  }
  const auto bare = read_all(broker, "lab-calls", 1);
  REQUIRE(bare.size() == 1);
  kafka::ConsumerOptions reader;
  reader.topic_prefix = "lab-";
  const auto prefixed = read_all(broker, "calls", 1, reader);
  REQUIRE(prefixed.size() == 1);
  CHECK(prefixed[0].topic == "calls");
}

TEST_CASE("A property that Kafka's client does not know stops the start", "[kafka]") {
  prometheus::Registry registry;
  kafka::ProducerOptions options;
  options.properties["no.such.property"] = "1";
  CHECK_THROWS_WITH((kafka::Producer{"127.0.0.1:1", registry, options}),
                    Catch::Contains("no.such.property"));
}
