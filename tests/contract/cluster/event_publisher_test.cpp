#include "cluster/event_publisher.hpp"

#include <prometheus/registry.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <catch2/catch.hpp>
#include <map>
#include <mutex>
#include <thread>

#include "contract/kafka/read_topic.hpp"
#include "core/errc.hpp"
#include "support/loop.hpp"
#include "support/mock_kafka.hpp"
#include "support/temp_dir.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::eventually;

namespace {

struct Fixture {
  test::TempDir folder;
  test::MockKafka broker;
  prometheus::Registry registry;
  std::atomic<int> delivered{0}, refused{0};

  Fixture() { broker.make_topic("calls", 2); }

  cluster::PublisherOptions options() const {
    cluster::PublisherOptions made;
    made.spool_dir = folder.path() / "spool";
    made.patience = 300ms;
    made.retry_every = 50ms;
    made.sync_every = 20ms;
    return made;
  }
  cluster::EventPublisher::Delivered note() {
    return [this](Result<> result) { ++(result ? delivered : refused); };
  }
  double metric(const std::string& name) const {
    for (const auto& family : registry.Collect()) {
      if (family.name != name) continue;
      const auto& found = family.metric.at(0);
      return found.counter.value + found.gauge.value;
    }
    FAIL("no metric " << name);
    return 0;
  }
};

/// Payloads of a key, each once, in the order of its first appearance.
std::map<std::string, std::vector<int>> first_seen(const std::vector<kafka::Record>& records) {
  std::map<std::string, std::vector<int>> seen;
  for (const auto& record : records) {
    auto& numbers = seen[record.key];
    const int number = std::stoi(record.payload);
    if (std::find(numbers.begin(), numbers.end(), number) == numbers.end()) {
      numbers.push_back(number);
    }
  }
  return seen;
}

/// What is in the topic, once the first `count` events of "c1" are: those that were sent when Kafka
/// went away may be there twice.
std::vector<kafka::Record> read_events(const test::MockKafka& broker, std::size_t count) {
  return test::read_until(broker, "calls", [count](const std::vector<kafka::Record>& records) {
    return first_seen(records)["c1"].size() >= count;
  });
}

std::vector<int> up_to(int count) {
  std::vector<int> numbers;
  for (int i = 0; i < count; ++i) numbers.push_back(i);
  return numbers;
}

}  // namespace

TEST_CASE_METHOD(Fixture, "With Kafka there events go straight to it", "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  for (int i = 0; i < 200; ++i) publisher.publish("calls", "c1", std::to_string(i), note());
  REQUIRE(eventually([&] { return delivered == 200; }));
  CHECK(publisher.direct());
  CHECK(publisher.spooled_records() == 0);
  CHECK(metric("pbx_events_spooled_total") == 0);
  const auto records = test::read_all(broker, "calls", 200);
  REQUIRE(records.size() == 200);
  CHECK(first_seen(records)["c1"] == up_to(200));
}

TEST_CASE_METHOD(Fixture, "While Kafka is away events wait on disk, and follow in order",
                 "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  publisher.publish("calls", "c1", "0", note());
  REQUIRE(eventually([&] { return delivered == 1; }));

  broker.down();
  for (int i = 1; i < 50; ++i) publisher.publish("calls", "c1", std::to_string(i), note());
  REQUIRE(eventually([&] { return !publisher.direct(); }));
  for (int i = 50; i < 100; ++i) publisher.publish("calls", "c1", std::to_string(i), note());
  CHECK(publisher.spooled_records() == 99);
  CHECK(metric("pbx_event_spool_records") == 99);
  CHECK(metric("pbx_event_spool_bytes") > 0);
  CHECK(delivered == 1);

  broker.up();
  REQUIRE(eventually([&] { return delivered == 100; }));
  REQUIRE(eventually([&] { return publisher.direct(); }));
  CHECK(publisher.spooled_records() == 0);
  publisher.publish("calls", "c1", "100", note());
  REQUIRE(eventually([&] { return delivered == 101; }));
  CHECK(refused == 0);
  CHECK(metric("pbx_events_dropped_total") == 0);
  const auto records = read_events(broker, 101);
  CHECK(first_seen(records)["c1"] == up_to(101));
  CHECK(records.back().payload == "100");
}

TEST_CASE_METHOD(Fixture, "Spooled events survive a restart of the process", "[cluster]") {
  broker.down();
  {
    kafka::Producer producer{broker.brokers(), registry};
    cluster::EventPublisher publisher{producer, registry, options()};
    for (int i = 0; i < 30; ++i) publisher.publish("calls", "c1", std::to_string(i), note());
    // Ends at once: the events are neither delivered nor spooled by patience yet.
  }
  CHECK(delivered == 0);
  CHECK(refused == 0);
  broker.up();
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  publisher.publish("calls", "c1", "30", note());
  REQUIRE(eventually([&] { return publisher.direct(); }));
  const auto records = read_events(broker, 31);
  CHECK(first_seen(records)["c1"] == up_to(31));
}

TEST_CASE_METHOD(Fixture, "A producer whose queue is full counts as Kafka being away",
                 "[cluster]") {
  kafka::ProducerOptions small;
  small.max_queued_messages = 10;
  kafka::Producer producer{broker.brokers(), registry, small};
  auto patient = options();
  patient.patience = 60s;
  patient.resend_window = 5;
  cluster::EventPublisher publisher{producer, registry, patient};
  broker.down();
  for (int i = 0; i < 40; ++i) publisher.publish("calls", "c1", std::to_string(i), note());
  CHECK_FALSE(publisher.direct());
  CHECK(publisher.spooled_records() == 40);
  broker.up();
  REQUIRE(eventually([&] { return delivered == 40; }));
  CHECK(first_seen(read_events(broker, 40))["c1"] == up_to(40));
}

TEST_CASE_METHOD(Fixture, "A full spool refuses new events and keeps the old", "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  auto small = options();
  small.max_spool_bytes = 4000;
  small.segment_bytes = 1000;
  cluster::EventPublisher publisher{producer, registry, small};
  broker.down();
  publisher.publish("calls", "c1", "0", note());
  REQUIRE(eventually([&] { return !publisher.direct(); }));
  int published = 1;
  while (refused == 0) publisher.publish("calls", "c1", std::to_string(published++), note());
  CHECK(metric("pbx_events_dropped_total") == 1);
  broker.up();
  REQUIRE(eventually([&] { return delivered == published - 1; }));
  CHECK(first_seen(read_events(broker, static_cast<std::size_t>(published) - 1))["c1"] ==
        up_to(published - 1));
}

TEST_CASE_METHOD(Fixture, "An event that Kafka can never take does not hold up the others",
                 "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  publisher.publish("calls", "c1", std::string(2'000'000, 'x'), note());
  CHECK(refused == 1);
  publisher.publish("calls", "c1", "0", note());
  REQUIRE(eventually([&] { return delivered == 1; }));
  CHECK(publisher.direct());

  broker.down();
  publisher.publish("calls", "c1", "1", note());
  REQUIRE(eventually([&] { return !publisher.direct(); }));
  publisher.publish("calls", "c1", std::string(2'000'000, 'x'), note());
  publisher.publish("calls", "c1", "2", note());
  broker.up();
  REQUIRE(eventually([&] { return publisher.direct(); }));
  CHECK(first_seen(read_events(broker, 3))["c1"] == up_to(3));
}

TEST_CASE_METHOD(Fixture, "Delivery is told on the executor that asked", "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  boost::asio::io_context loop;
  std::optional<std::thread::id> where;
  publisher.publish("calls", "c1", "0", loop.get_executor(), [&](Result<> result) {
    CHECK(result);
    where = std::this_thread::get_id();
  });
  test::run_until(loop, [&] { return where.has_value(); });
  CHECK(where == std::this_thread::get_id());
}

TEST_CASE_METHOD(Fixture, "Flushing puts on disk what Kafka does not confirm", "[cluster]") {
  kafka::Producer producer{broker.brokers(), registry};
  auto patient = options();
  patient.patience = 60s;
  cluster::EventPublisher publisher{producer, registry, patient};
  publisher.publish("calls", "c1", "0", note());
  publisher.flush(10s);
  CHECK(delivered == 1);
  CHECK(publisher.direct());
  broker.down();
  publisher.publish("calls", "c1", "1", note());
  publisher.flush(50ms);
  CHECK(publisher.spooled_records() == 1);
}

TEST_CASE_METHOD(Fixture, "From many threads through outages, the last of a key stays the last",
                 "[cluster]") {
  constexpr int kThreads = 3, kEvents = 400;
  kafka::Producer producer{broker.brokers(), registry};
  cluster::EventPublisher publisher{producer, registry, options()};
  std::atomic<int> published{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, key = "c" + std::to_string(thread)] {
      for (int i = 0; i < kEvents; ++i) {
        publisher.publish("calls", key, std::to_string(i), note());
        ++published;
        if (i % 20 == 0) std::this_thread::yield();
        // Not faster than the outages below come and go.
        while (published > delivered + 600) std::this_thread::sleep_for(1ms);
      }
    });
  }
  for (int outage = 0; outage < 2; ++outage) {
    const int before = published;
    eventually([&] { return published >= before + 200; }, 5s);
    broker.down();
    eventually([&] { return !publisher.direct(); }, 5s);
    broker.up();
    eventually([&] { return publisher.direct(); });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(eventually([&] { return delivered == kThreads * kEvents; }));
  CHECK(refused == 0);

  const auto records = test::read_all(broker, "calls", 100'000'000, {}, 2s);
  std::map<std::string, int> last;
  for (const auto& record : records) last[record.key] = std::stoi(record.payload);
  for (const auto& [key, numbers] : first_seen(records)) {
    CAPTURE(key);
    CHECK(numbers.size() == kEvents);
    CHECK(last[key] == kEvents - 1);
  }
}
