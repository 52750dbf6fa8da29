#pragma once

#include <chrono>
#include <string>

#include "contract/redis/fixture.hpp"
#include "redis/function_library.hpp"
#include "redis/key_slot.hpp"
#include "support/ask_redis.hpp"
#include "support/temp_redis_cluster.hpp"

namespace pbx::test {

/// A connection to a cluster, with a function that appends to a list.
struct ClusterClient {
  TempRedisCluster& cluster;
  RedisLoop loop;
  redis::FunctionLibrary library{"pbx_test",
                                 "redis.register_function('pbx_push_$V', function(keys, args)"
                                 " return redis.call('RPUSH', keys[1], args[1]) end)"};
  redis::Connection connection;

  explicit ClusterClient(TempRedisCluster& nodes)
      : cluster{nodes}, connection{loop.context, options(nodes), loop.metrics} {
    connection.on_connect([this](redis::Client& client) { library.load(client); });
    loop.connect(connection);
  }

  static redis::Options options(const TempRedisCluster& nodes) {
    auto options = options_for(nodes.uri());
    options.timeout = std::chrono::milliseconds{1000};
    return options;
  }
  Result<redis::Reply> ask(redis::Command command) {
    return loop.ask(connection, std::move(command));
  }
  redis::Command push(const std::string& key, std::int64_t value) {
    return redis::Command{"FCALL", library.function("pbx_push"), "1", key}.add(value);
  }
  /// How long writes of `key` fail from now on, in milliseconds.
  std::int64_t time_until_written(const std::string& key) {
    const auto from = std::chrono::steady_clock::now();
    const auto past = [from] {
      return std::chrono::duration_cast<std::chrono::milliseconds>(
          std::chrono::steady_clock::now() - from);
    };
    while (!ask(push(key, 1))) {
      if (past() > std::chrono::seconds{20}) throw std::runtime_error{"not written for 20 s"};
      loop.context.run_for(std::chrono::milliseconds{5});
    }
    return past().count();
  }
  std::string text(redis::Command command) { return test::text(ask(std::move(command))); }
};

/// A key whose slot the master had in the beginning.
inline std::string key_of_master(const TempRedisCluster& cluster, std::size_t master,
                                 const std::string& prefix = "key") {
  for (int i = 0;; ++i) {
    auto key = prefix + std::to_string(i);
    if (cluster.first_master_of(redis::key_slot(key)) == master) return key;
  }
}

}  // namespace pbx::test
