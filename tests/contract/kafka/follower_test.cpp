#include "kafka/follower.hpp"

#include <prometheus/registry.h>

#include <catch2/catch.hpp>
#include <map>
#include <mutex>

#include "kafka/producer.hpp"
#include "support/mock_kafka.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::eventually;

namespace {

/// The fold of a compacted topic.
class Table {
 public:
  kafka::Follower::Apply apply() {
    return [this](std::string_view key, std::optional<std::string_view> payload) {
      const std::lock_guard lock{mutex_};
      if (payload) {
        rows_[std::string{key}] = *payload;
      } else {
        rows_.erase(std::string{key});
      }
    };
  }
  std::map<std::string, std::string> rows() const {
    const std::lock_guard lock{mutex_};
    return rows_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::string, std::string> rows_;
};

using Rows = std::map<std::string, std::string>;

}  // namespace

TEST_CASE("A follower reads a topic from its beginning and follows it", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("config", 3);
  prometheus::Registry registry;
  kafka::Producer producer{broker.brokers(), registry};
  for (int i = 0; i < 300; ++i) {
    producer.produce("config", "user/" + std::to_string(i % 100), std::to_string(i));
  }
  producer.produce("config", "user/7", "");
  REQUIRE(producer.flush(10s));

  Table table;
  kafka::Follower follower{broker.brokers(), "config", table.apply(), registry};
  REQUIRE(eventually([&] { return follower.caught_up(); }));
  CHECK(follower.applied() == 301);
  auto rows = table.rows();
  CHECK(rows.size() == 99);
  CHECK(rows["user/8"] == "208");
  CHECK(eventually([&] { return follower.lag() == 0; }));

  producer.produce("config", "user/7", "back");
  REQUIRE(eventually([&] { return table.rows().size() == 100; }));
  producer.produce("config", "user/7", "");
  REQUIRE(eventually([&] { return table.rows().size() == 99; }));
}

TEST_CASE("An empty topic is caught up with at once", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("config", 2);
  prometheus::Registry registry;
  Table table;
  kafka::Follower follower{broker.brokers(), "config", table.apply(), registry};
  REQUIRE(eventually([&] { return follower.caught_up(); }));
  CHECK(follower.applied() == 0);
}

TEST_CASE("A follower waits for its broker and for its topic", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("config", 1);
  prometheus::Registry registry;
  kafka::Producer producer{broker.brokers(), registry};
  producer.produce("config", "a", "1");
  REQUIRE(producer.flush(10s));

  Table table;
  SECTION("the broker comes later") {
    broker.down();
    kafka::Follower follower{broker.brokers(), "config", table.apply(), registry};
    CHECK_FALSE(follower.caught_up());
    CHECK(follower.lag() == -1);
    broker.up();
    REQUIRE(eventually([&] { return follower.caught_up(); }));
    CHECK(table.rows() == Rows{{"a", "1"}});
  }
  SECTION("the topic comes later") {
    broker.hide_topic("config", true);
    kafka::Follower follower{broker.brokers(), "config", table.apply(), registry};
    CHECK_FALSE(follower.caught_up());
    broker.hide_topic("config", false);
    REQUIRE(eventually([&] { return follower.caught_up(); }));
    CHECK(table.rows() == Rows{{"a", "1"}});
  }
}

TEST_CASE("A follower survives its broker's absence and misses nothing", "[kafka]") {
  test::MockKafka broker;
  broker.make_topic("config", 1);
  prometheus::Registry registry;
  kafka::Producer producer{broker.brokers(), registry};
  Table table;
  kafka::Follower follower{broker.brokers(), "config", table.apply(), registry};
  producer.produce("config", "a", "1");
  REQUIRE(eventually([&] { return table.rows() == Rows{{"a", "1"}}; }));

  broker.down();
  producer.produce("config", "a", "2");
  producer.produce("config", "b", "3");
  CHECK(follower.caught_up());
  broker.up();
  REQUIRE(eventually([&] { return table.rows() == Rows{{"a", "2"}, {"b", "3"}}; }));
  CHECK(follower.applied() == 3);
}
