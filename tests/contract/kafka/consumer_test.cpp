#include "kafka/consumer.hpp"

#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <set>

#include "core/errc.hpp"
#include "kafka/producer.hpp"
#include "support/mock_kafka.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using kafka::Position;
using test::eventually;

namespace {

void produce(const test::MockKafka& broker, const std::string& topic, int count) {
  prometheus::Registry registry;
  kafka::Producer producer{broker.brokers(), registry};
  for (int i = 0; i < count; ++i) producer.produce(topic, std::to_string(i), std::to_string(i));
  REQUIRE(producer.flush(10s));
}

/// Polls until `count` records are there.
std::vector<kafka::Record> take(kafka::Consumer& consumer, std::size_t count) {
  std::vector<kafka::Record> records;
  eventually([&] {
    auto batch = consumer.poll(50ms, count - records.size());
    REQUIRE(batch);
    for (auto& record : *batch) records.push_back(std::move(record));
    return records.size() >= count;
  });
  return records;
}

}  // namespace

TEST_CASE("A consumer reads from the offsets that its owner kept", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 1);
  produce(broker, "calls", 10);
  prometheus::Registry registry;
  kafka::Consumer consumer{broker.brokers(), registry};

  REQUIRE(consumer.assign({{"calls", 0, 4}}));
  const auto first = take(consumer, 2);
  REQUIRE(first.size() == 2);
  CHECK(first[0].offset == 4);
  CHECK(first[0].payload == "4");
  CHECK(first[1].offset == 5);
  const auto rest = take(consumer, 4);
  REQUIRE(rest.size() == 4);
  CHECK(rest.back().offset == 9);
  CHECK(consumer.poll(10ms)->empty());

  REQUIRE(consumer.assign({{"calls", 0, Position::kEarliest}}));
  CHECK(take(consumer, 10).front().offset == 0);
}

TEST_CASE("A topic's partitions can be asked for", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 3);
  prometheus::Registry registry;
  kafka::Consumer consumer{broker.brokers(), registry};
  CHECK(*consumer.partitions("calls", 10s) == std::vector<std::int32_t>{0, 1, 2});
  broker.hide_topic("calls", true);
  CHECK(consumer.partitions("calls", 10s).error() == Errc::NotFound);
  broker.down();
  CHECK(consumer.partitions("calls", 200ms).error() == Errc::Unavailable);
}

TEST_CASE("A group goes on where it committed", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 1);
  produce(broker, "calls", 6);
  prometheus::Registry registry;
  kafka::ConsumerOptions options;
  options.group = "billing";
  {
    kafka::Consumer consumer{broker.brokers(), registry, options};
    REQUIRE(consumer.subscribe({"calls"}));
    const auto records = take(consumer, 3);
    REQUIRE(records.size() == 3);
    REQUIRE(consumer.commit({{"calls", 0, records.back().offset + 1}}));
  }
  kafka::Consumer consumer{broker.brokers(), registry, options};
  REQUIRE(consumer.subscribe({"calls"}));
  const auto records = take(consumer, 3);
  REQUIRE(records.size() == 3);
  CHECK(records.front().offset == 3);
}

TEST_CASE("The owner is told its share and may say where to begin", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("calls", 4);
  prometheus::Registry registry;
  kafka::ConsumerOptions options;
  options.group = "billing";
  options.session_timeout = 6s;

  std::set<std::int32_t> mine, theirs;
  const auto follow = [](std::set<std::int32_t>& share) {
    kafka::Consumer::Rebalance rebalance;
    rebalance.assigned = [&share](std::vector<Position>& positions) {
      for (auto& position : positions) {
        position.offset = 0;
        share.insert(position.partition);
      }
    };
    rebalance.revoked = [&share](const std::vector<Position>& positions) {
      for (const auto& position : positions) share.erase(position.partition);
    };
    return rebalance;
  };

  kafka::Consumer first{broker.brokers(), registry, options};
  REQUIRE(first.subscribe({"calls"}, follow(mine)));
  REQUIRE(eventually([&] { return first.poll(20ms) && mine.size() == 4; }));
  {
    kafka::Consumer second{broker.brokers(), registry, options};
    REQUIRE(second.subscribe({"calls"}, follow(theirs)));
    REQUIRE(eventually([&] {
      return first.poll(20ms) && second.poll(20ms) && mine.size() == 2 && theirs.size() == 2;
    }));
  }
  CHECK(theirs.empty());
  REQUIRE(eventually([&] { return first.poll(20ms) && mine.size() == 4; }));
}
