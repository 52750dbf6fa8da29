#pragma once

#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "kafka/consumer.hpp"
#include "support/mock_kafka.hpp"

namespace pbx::test {

/// Everything in a topic, by partition in its order, once `enough(records)`.
template <class Enough>
std::vector<kafka::Record> read_until(const MockKafka& broker, const std::string& topic,
                                      Enough&& enough, kafka::ConsumerOptions options = {},
                                      std::chrono::milliseconds limit = std::chrono::seconds{30}) {
  prometheus::Registry registry;
  kafka::Consumer consumer{broker.brokers(), registry, std::move(options)};
  const auto partitions = consumer.partitions(topic, std::chrono::seconds{10});
  REQUIRE(partitions);
  std::vector<kafka::Position> positions;
  for (const auto number : *partitions) {
    positions.push_back({topic, number, kafka::Position::kEarliest});
  }
  REQUIRE(consumer.assign(positions));
  std::vector<kafka::Record> records;
  eventually(
      [&] {
        auto batch = consumer.poll(std::chrono::milliseconds{100});
        REQUIRE(batch);
        for (auto& record : *batch) records.push_back(std::move(record));
        return enough(records);
      },
      limit);
  return records;
}

/// The same, once there are `count` records.
inline std::vector<kafka::Record> read_all(const MockKafka& broker, const std::string& topic,
                                           std::size_t count, kafka::ConsumerOptions options = {},
                                           std::chrono::milliseconds limit = std::chrono::seconds{
                                               30}) {
  const auto enough = [count](const auto& records) { return records.size() >= count; };
  return read_until(broker, topic, enough, std::move(options), limit);
}

}  // namespace pbx::test
