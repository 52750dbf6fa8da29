#pragma once

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "contract/redis/fixture.hpp"
#include "core/clock.hpp"
#include "support/temp_redis_cluster.hpp"

namespace pbx::test {

/// Wall time runs with the real one, plus what the test adds: Redis has its own clock for keys.
class ShiftedClock final : public Clock {
 public:
  Wall now() const override { return SystemClock{}.now() + shift_; }
  Steady steady() const override { return SystemClock{}.steady() + shift_; }
  void advance(std::chrono::milliseconds by) { shift_ += by; }

 private:
  std::chrono::milliseconds shift_{0};
};

/// A server of its own, or a cluster of three masters that the cases of this process share. Every
/// case runs on both.
class ServerOrCluster {
 public:
  ServerOrCluster() {
    if (!GENERATE(false, true)) server_ = std::make_unique<TempRedis>();
  }

  std::string uri() const { return server_ ? server_->unix_uri() : cluster().uri(); }
  void kill() { server_ ? server_->kill() : cluster().kill_all(); }
  /// Empty again.
  void start() { server_ ? server_->start() : cluster().start_all(); }

 private:
  static TempRedisCluster& cluster() {
    static TempRedisCluster shared{3, 0};
    return shared;
  }

  std::unique_ptr<TempRedis> server_;
};

/// A connection that loads the functions of `T`, and no keys.
template <class T>
struct OnRedis {
  ServerOrCluster server;
  RedisLoop loop;
  ShiftedClock clock;
  redis::Connection connection{loop.context, options_for(server.uri()), loop.metrics};
  T store{connection, clock};

  OnRedis() {
    connection.on_connect([this](redis::Client& client) { store.load_functions(client); });
    loop.connect(connection);
    REQUIRE(ask(redis::Command{"FLUSHALL"}));
  }

  std::int64_t now_ms() const { return clock.now().time_since_epoch().count(); }
  Result<redis::Reply> ask(redis::Command command) {
    return loop.ask(connection, std::move(command));
  }
  template <class Value, class Start>
  Result<Value> get(Start&& start) {
    return outcome<Value>(loop.context, std::forward<Start>(start));
  }
  /// Everything sent so far has been answered.
  void settle() { REQUIRE(ask(redis::Command{"PING"})); }
};

}  // namespace pbx::test
