#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <memory>
#include <set>

#include "contract/redis/cluster_fixture.hpp"
#include "core/errc.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using redis::Command;
using test::ask_redis;
using test::run_until;
using test::tell_redis;

namespace {

/// Three masters without replicas, for all cases that kill none; empty for each.
struct Fixture {
  test::TempRedisCluster& cluster = shared();
  test::ClusterClient client{cluster};

  Fixture() { REQUIRE(client.ask(Command{"FLUSHALL"})); }

  static test::TempRedisCluster& shared() {
    static test::TempRedisCluster cluster{3, 0};
    return cluster;
  }
  std::uint16_t port(std::size_t node) { return cluster.node(node).port(); }
  /// Lets `node` alone know what the slot's state is.
  void set_slot(std::size_t node, std::uint16_t slot, const std::string& state, std::size_t peer) {
    tell_redis(port(node), {"CLUSTER", "SETSLOT", std::to_string(slot), state, cluster.id(peer)});
  }
  void begin_move(std::uint16_t slot, std::size_t from, std::size_t to) {
    set_slot(to, slot, "IMPORTING", from);
    set_slot(from, slot, "MIGRATING", to);
  }
  void migrate(const std::string& key, std::size_t from, std::size_t to) {
    tell_redis(port(from), {"MIGRATE", "127.0.0.1", std::to_string(port(to)), key, "0", "1000"});
  }
  void end_move(std::uint16_t slot, std::size_t to) {
    set_slot(to, slot, "NODE", to);
    for (std::size_t node = 0; node < cluster.size(); ++node) set_slot(node, slot, "NODE", to);
  }
};

}  // namespace

TEST_CASE_METHOD(Fixture, "Keys are where their slot lives, on every master", "[redis][rcluster]") {
  std::map<std::string, std::vector<std::int64_t>> replies;
  constexpr int kKeys = 300, kRounds = 5;
  int missing = kKeys * kRounds;
  for (int round = 0; round < kRounds; ++round) {
    for (int i = 0; i < kKeys; ++i) {
      const auto key = "key" + std::to_string(i);
      client.connection.send(client.push(key, round), [&, key](Result<redis::Reply> reply) {
        REQUIRE(reply);
        replies[key].push_back(reply->integer());
        --missing;
      });
    }
  }
  run_until(client.loop.context, [&] { return missing == 0; });
  CHECK(replies["key7"] == std::vector<std::int64_t>{1, 2, 3, 4, 5});
  for (std::size_t node = 0; node < 3; ++node) {
    CHECK(std::stoi(ask_redis(port(node), {"DBSIZE"})) > kKeys / 6);
  }
  CHECK(client.loop.metrics.moved.Value() == 0);
  CHECK(client.loop.metrics.connected.Value() == 3);
}

TEST_CASE_METHOD(Fixture, "Commands without a key concern every master", "[redis][rcluster]") {
  std::set<std::string> keys;
  for (int i = 0; i < 500; ++i) keys.insert("key" + std::to_string(i));
  for (const auto& key : keys) REQUIRE(client.ask(Command{"SET", key, "x"}));
  CHECK(client.text(Command{"PING"}) == "PONG");
  CHECK(client.ask(Command{"DBSIZE"})->integer() == 500);
  CHECK(client.ask(Command{"EVAL", "return 7", "0"})->integer() == 7);

  SECTION("SCAN finds all keys") {
    std::set<std::string> found;
    std::string cursor{"0"};
    do {
      const auto page = client.ask(Command{"SCAN", cursor, "MATCH", "key*", "COUNT", "50"});
      REQUIRE(page);
      cursor = (*page)[0].text();
      for (std::size_t i = 0; i < (*page)[1].size(); ++i) found.emplace((*page)[1][i].text());
    } while (cursor != "0");
    CHECK(found == keys);
    CHECK(client.ask(Command{"SCAN", "x"}).error() == Errc::InvalidArgument);
  }
  SECTION("functions that were flushed are loaded everywhere again") {
    REQUIRE(client.ask(Command{"FUNCTION", "FLUSH"}));
    const auto lost = client.ask(client.push("list", 1));
    REQUIRE_FALSE(lost);
    CHECK(client.library.reload_if_missing(client.connection, lost.error()) == Errc::Unavailable);
    for (std::size_t master = 0; master < 3; ++master) {
      CHECK(client.ask(client.push(test::key_of_master(cluster, master, "list"), 1)));
    }
  }
  CHECK(client.ask(Command{"MGET", "key1", "key2"}).error() == Errc::BadData);  // two slots
}

TEST_CASE_METHOD(Fixture, "A slot that moves under load loses no command and no order",
                 "[redis][rcluster]") {
  const auto key = test::key_of_master(cluster, 0);
  const auto slot = redis::key_slot(key);
  const auto tag = "{" + key + "}";
  constexpr std::int64_t kLists = 40;
  std::int64_t sent = 0, answered = 0;
  const auto push_some = [&] {
    for (int i = 0; i < 20; ++i, ++sent) {
      const auto list = tag + std::to_string(sent % kLists);
      client.connection.send(client.push(list, sent / kLists), [&](Result<redis::Reply> reply) {
        REQUIRE(reply);
        ++answered;
      });
    }
    client.loop.context.poll();
  };
  for (int i = 0; i < 10; ++i) push_some();
  begin_move(slot, 0, 1);
  for (std::int64_t list = 0; list < kLists; ++list) {
    push_some();
    if (list >= 10) migrate(tag + std::to_string(list - 10), 0, 1);
  }
  for (std::int64_t list = kLists - 10; list < kLists; ++list) {
    push_some();
    migrate(tag + std::to_string(list), 0, 1);
  }
  push_some();
  end_move(slot, 1);
  for (int i = 0; i < 10; ++i) push_some();
  run_until(client.loop.context, [&] { return answered == sent; });
  CHECK(client.loop.metrics.ask.Value() > 0);
  CHECK(client.loop.metrics.moved.Value() > 0);
  CHECK(client.loop.metrics.held.Value() == 0);
  for (std::int64_t list = 0; list < kLists; ++list) {
    const auto items = ask_redis(port(1), {"LRANGE", tag + std::to_string(list), "0", "-1"});
    std::string expected;
    for (std::int64_t i = 0; i * kLists + list < sent; ++i) {
      expected.append(i == 0 ? "" : " ").append(std::to_string(i));
    }
    CHECK(items == expected);
  }
  begin_move(slot, 1, 0);
  for (std::int64_t list = 0; list < kLists; ++list) migrate(tag + std::to_string(list), 1, 0);
  end_move(slot, 0);
}

TEST_CASE_METHOD(Fixture, "Keys that are half moved are tried again", "[redis][rcluster]") {
  const auto key = test::key_of_master(cluster, 0, "half");
  const auto slot = redis::key_slot(key);
  const auto one = "{" + key + "}1", two = "{" + key + "}2";
  REQUIRE(client.ask(Command{"MSET", one, "a", two, "b"}));
  begin_move(slot, 0, 1);
  migrate(one, 0, 1);
  std::optional<Result<redis::Reply>> both;
  client.connection.send(Command{"MGET", one, two},
                         [&](Result<redis::Reply> reply) { both.emplace(std::move(reply)); });
  const auto& tries = client.loop.metrics.try_again;
  run_until(client.loop.context, [&] { return tries.Value() >= 3; });
  SECTION("until they are whole") {
    migrate(two, 0, 1);
    run_until(client.loop.context, [&] { return both.has_value(); });
    REQUIRE(*both);
    CHECK((**both)[1].text() == "b");
  }
  SECTION("until the command's time is over") {
    run_until(client.loop.context, [&] { return both.has_value(); });
    CHECK(both->error() == Errc::Unavailable);
    CHECK(tries.Value() < 30);
    migrate(two, 0, 1);
  }
  end_move(slot, 1);
  begin_move(slot, 1, 0);
  migrate(one, 1, 0);
  migrate(two, 1, 0);
  end_move(slot, 0);
}

TEST_CASE_METHOD(Fixture, "A slot that nobody serves for a moment costs patience only",
                 "[redis][rcluster]") {
  const auto key = test::key_of_master(cluster, 2, "down");
  const auto slot = std::to_string(redis::key_slot(key));
  tell_redis(port(2), {"CLUSTER", "DELSLOTS", slot});
  std::optional<std::error_code> end;
  client.connection.send(Command{"SET", key, "x"},
                         [&](Result<redis::Reply> reply) { end = reply.error(); });
  const auto& tries = client.loop.metrics.cluster_down;
  run_until(client.loop.context, [&] { return tries.Value() >= 3; });
  tell_redis(port(2), {"CLUSTER", "ADDSLOTS", slot});
  run_until(client.loop.context, [&] { return end.has_value(); });
  CHECK_FALSE(*end);
  CHECK(tries.Value() < 20);
  test::wait_for("the cluster is not whole again", [&] {
    return ask_redis(port(2), {"CLUSTER", "INFO"}).find("cluster_state:ok") != std::string::npos;
  });
}

TEST_CASE_METHOD(Fixture, "A cluster connection may be closed and destroyed at any moment",
                 "[redis][rcluster]") {
  auto connection = std::make_unique<redis::Connection>(
      client.loop.context, test::ClusterClient::options(cluster), client.loop.metrics);
  std::vector<std::error_code> ends;
  const auto note = [&](Result<redis::Reply> reply) { ends.push_back(reply.error()); };
  const auto send_some = [&] {
    for (int i = 0; i < 10; ++i) connection->send(Command{"GET", std::to_string(i)}, note);
  };
  SECTION("before it knows the slots") {
    connection->start();
    send_some();
    CHECK(ends == std::vector<std::error_code>(10, make_error_code(Errc::Unavailable)));
    connection.reset();
  }
  SECTION("while its masters are connected, with commands that wait for them") {
    connection->start();
    run_until(client.loop.context, [&] {
      ends.clear();
      send_some();
      return ends.empty();
    });
    connection->close();
    CHECK(ends == std::vector<std::error_code>(10, make_error_code(Errc::Cancelled)));
  }
  SECTION("with commands in flight") {
    client.loop.connect(*connection);
    send_some();
    connection->close();
    CHECK(ends == std::vector<std::error_code>(10, make_error_code(Errc::Cancelled)));
    send_some();
    CHECK(ends.size() == 20);
  }
  SECTION("from within a callback") {
    client.loop.connect(*connection);
    connection->send(Command{"GET", "0"}, [&](Result<redis::Reply>) { connection.reset(); });
    connection->send(Command{"GET", "0"}, note);
    run_until(client.loop.context, [&] { return !connection; });
    client.loop.context.run_for(50ms);
    CHECK(ends.empty());
  }
  connection.reset();
  client.loop.context.run_for(20ms);
  CHECK(client.loop.metrics.connected.Value() == 3);
  CHECK(client.loop.metrics.held.Value() == 0);
}
