#include <catch2/catch.hpp>
#include <iostream>

#include "contract/redis/cluster_fixture.hpp"
#include "core/errc.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using redis::Command;
using test::ask_redis;
using test::run_until;
using test::tell_redis;

TEST_CASE("A cluster's master dies, another one joins: commands go on", "[redis][rcluster]") {
  test::TempRedisCluster cluster{3, 3};
  test::ClusterClient client{cluster};
  std::vector<std::string> keys;
  for (std::size_t master = 0; master < 3; ++master) {
    keys.push_back(test::key_of_master(cluster, master));
    REQUIRE(client.ask(client.push(keys[master], 0)));
  }
  for (std::size_t master = 0; master < 3; ++master) {
    tell_redis(cluster.node(master).port(), {"WAIT", "1", "1000"});
  }

  cluster.node(0).kill();
  std::cout << "cluster: master killed, written again after " << client.time_until_written(keys[0])
            << " ms\n";
  CHECK(client.loop.metrics.switches.Value() == 1);
  CHECK(client.ask(client.push(keys[0], 2))->integer() == 3);  // function and data are there
  CHECK(client.connection.connected());
  CHECK(client.ask(client.push(keys[1], 1))->integer() == 2);

  cluster.node(0).start();  // as a replica of the one that took over
  test::wait_for("the dead node does not come back", [&] {
    const auto info = ask_redis(cluster.node(0).port(), {"INFO", "replication"});
    return info.find("master_link_status:up") != std::string::npos;
  });
  // Redis gives a replacement up after some seconds when the others did not agree in time.
  auto asked = std::chrono::steady_clock::time_point{};
  test::wait_for("the replica is not promoted", [&] {
    if (std::chrono::steady_clock::now() - asked > 2s) {
      ask_redis(cluster.node(0).port(), {"CLUSTER", "FAILOVER"});
      asked = std::chrono::steady_clock::now();
    }
    client.loop.context.run_for(5ms);
    return ask_redis(cluster.node(0).port(), {"ROLE"}).starts_with("master");
  });
  std::cout << "cluster: master replaced, written again after "
            << client.time_until_written(keys[0]) << " ms\n";
  CHECK(client.ask(client.push(keys[0], 3))->integer() == 5);

  // A node without slots joins and gets one: it has no functions until we connect.
  const auto fresh = cluster.add_master();
  const auto slot = std::to_string(redis::key_slot("fresh"));
  REQUIRE(ask_redis(cluster.node(fresh).port(), {"FUNCTION", "LIST"}).empty());
  for (const auto node : {fresh, std::size_t{0}, std::size_t{1}, std::size_t{2}}) {
    tell_redis(cluster.node(node).port(), {"CLUSTER", "SETSLOT", slot, "NODE", cluster.id(fresh)});
  }
  CHECK(client.ask(client.push("fresh", 1))->integer() == 1);
  CHECK_FALSE(ask_redis(cluster.node(fresh).port(), {"FUNCTION", "LIST"}).empty());
  CHECK(client.loop.metrics.connected.Value() >= 4);
}

TEST_CASE("A cluster's master that stands still is replaced", "[redis][rcluster]") {
  test::TempRedisCluster cluster{3, 3};
  test::ClusterClient client{cluster};
  const auto key = test::key_of_master(cluster, 1), other = test::key_of_master(cluster, 2);
  REQUIRE(client.ask(client.push(key, 0)));
  cluster.node(1).freeze();
  std::cout << "cluster: master frozen, written again after " << client.time_until_written(key)
            << " ms\n";
  CHECK(client.ask(client.push(other, 1)));
  cluster.node(1).resume();  // it learns that it is a replica now
  client.loop.context.run_for(300ms);
  CHECK(client.ask(client.push(key, 1)));
  CHECK(client.loop.metrics.timeouts.Value() >= 1);
}
