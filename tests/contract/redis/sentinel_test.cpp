#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <catch2/catch.hpp>
#include <iostream>
#include <memory>

#include "contract/redis/fixture.hpp"
#include "core/errc.hpp"
#include "redis/errc.hpp"
#include "support/ask_redis.hpp"
#include "support/temp_redis_sentinels.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using redis::Command;
using test::run_until;
namespace asio = boost::asio;

namespace {

/// Answers every question on a loopback port with `reply`.
class FakeSentinel {
 public:
  explicit FakeSentinel(asio::io_context& context)
      : acceptor_{context, {asio::ip::address_v4::loopback(), 0}} {
    accept();
  }
  std::string reply;
  int asked = 0;

  std::string uri() const {
    return "redis-sentinel://127.0.0.1:" + std::to_string(acceptor_.local_endpoint().port()) + "/m";
  }
  void name(const test::TempRedis& server) {
    const auto port = std::to_string(server.port());
    reply = "*2\r\n$9\r\n127.0.0.1\r\n$" + std::to_string(port.size()) + "\r\n" + port + "\r\n";
  }

 private:
  struct Peer {
    asio::ip::tcp::socket socket;
    std::string question, answer;
  };

  void accept() {
    acceptor_.async_accept([this](boost::system::error_code error, asio::ip::tcp::socket socket) {
      if (error) return;
      auto peer = std::make_shared<Peer>(Peer{std::move(socket), {}, {}});
      asio::async_read_until(peer->socket, asio::dynamic_buffer(peer->question), "\r\nm\r\n",
                             [this, peer](boost::system::error_code failed, std::size_t) {
                               if (failed) return;
                               ++asked;
                               peer->answer = reply;
                               asio::async_write(peer->socket, asio::buffer(peer->answer),
                                                 [peer](boost::system::error_code, std::size_t) {});
                             });
      accept();
    });
  }

  asio::ip::tcp::acceptor acceptor_;
};

struct TwoServers {
  test::TempRedis first, second;
  test::RedisLoop loop;
  FakeSentinel sentinel{loop.context};

  redis::Options options() const {
    auto options = test::options_for(sentinel.uri());
    options.refresh = 40ms;
    return options;
  }
  std::string port_of(redis::Client& client) {
    return test::text(loop.ask(client, Command{"GET", "me"}));
  }
  TwoServers() {
    test::tell_redis(first.port(), {"SET", "me", "first"});
    test::tell_redis(second.port(), {"SET", "me", "second"});
    sentinel.name(first);
  }
};

/// How long writes fail from now on, in milliseconds.
std::int64_t time_until_written(test::RedisLoop& loop, redis::Client& client, const char* key) {
  const auto from = std::chrono::steady_clock::now();
  while (!loop.ask(client, Command{"SET", key, "x"})) loop.context.run_for(5ms);
  return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                               from)
      .count();
}

}  // namespace

TEST_CASE("A group's master is found, followed when it dies and when it is replaced",
          "[redis][sentinel]") {
  test::TempRedisSentinels group;
  test::RedisLoop loop;
  auto options = test::options_for(group.uri());
  options.timeout = 1s;
  redis::Connection connection{loop.context, options, loop.metrics};
  int hooks = 0;
  connection.on_connect([&](redis::Client& client) {
    ++hooks;
    client.send(Command{"SET", "hook", "ran"}, {});
  });
  loop.connect(connection);
  REQUIRE(loop.ask(connection, Command{"SET", "before", "x"}));
  CHECK(test::ask_redis(group.server(0).port(), {"GET", "hook"}) == "ran");
  REQUIRE(test::text(loop.ask(connection, Command{"WAIT", "2"}.add(2000))).empty());

  group.kill_sentinel(0);  // the other two are enough
  group.server(0).kill();
  const auto killed = time_until_written(loop, connection, "after-kill");
  std::cout << "sentinel: master killed, written again after " << killed << " ms\n";
  CHECK(hooks == 2);
  CHECK(loop.metrics.switches.Value() == 1);
  CHECK(test::text(loop.ask(connection, Command{"GET", "before"})) == "x");

  // The dead one comes back as a replica of the new master; then that one is replaced on request.
  // Sentinel refuses while no replica is fit, and gives up when one is not promoted in time, so it
  // is asked again.
  group.server(0).start();
  const auto replace = [&] {
    return test::ask_redis(group.sentinel_port(1), {"SENTINEL", "FAILOVER", "mymaster"}) == "OK";
  };
  const auto replaced = [&] { return loop.metrics.switches.Value() == 2; };
  const auto from = std::chrono::steady_clock::now();
  auto last_good = from;
  auto asked = from - 1h;
  auto longest = 0ms;
  while (!replaced()) {
    const auto now = std::chrono::steady_clock::now();
    REQUIRE(now - from < 60s);
    if (now - asked > 6s && replace()) asked = now;
    if (loop.ask(connection, Command{"SET", "on-the-way", "x"})) {
      last_good = std::chrono::steady_clock::now();
    }
    loop.context.run_for(5ms);
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - last_good));
  }
  std::cout << "sentinel: master replaced, longest pause " << longest.count() << " ms\n";
  CHECK(time_until_written(loop, connection, "after") < 20'000);
}

TEST_CASE_METHOD(TwoServers, "A master that became a replica without a word is left",
                 "[redis][sentinel]") {
  redis::Connection connection{loop.context, options(), loop.metrics};
  loop.connect(connection);
  REQUIRE(port_of(connection) == "first");
  sentinel.name(second);

  SECTION("at its refusal to write") {
    test::tell_redis(first.port(), {"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
    CHECK(loop.ask(connection, Command{"SET", "a", "b"}).error() == redis::Errc::ReadOnly);
    CHECK_FALSE(connection.connected());
  }
  SECTION("when it only reads: the role is asked for") {
    test::tell_redis(first.port(), {"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
  }
  SECTION("when it still takes itself for the master: the sentinels are asked") {}
  run_until(loop.context, [&] { return loop.metrics.switches.Value() == 1; });
  CHECK(port_of(connection) == "second");
}

TEST_CASE_METHOD(TwoServers, "A server that is named but no master is not used",
                 "[redis][sentinel]") {
  test::tell_redis(first.port(), {"REPLICAOF", "127.0.0.1", std::to_string(second.port())});
  redis::Connection connection{loop.context, options(), loop.metrics};
  connection.start();
  run_until(loop.context, [&] { return loop.metrics.reconnects.Value() >= 2; });
  CHECK_FALSE(connection.connected());
  sentinel.name(second);
  run_until(loop.context, [&] { return connection.connected(); });
  CHECK(loop.metrics.switches.Value() == 0);
}

TEST_CASE_METHOD(TwoServers, "Sentinels that are away, do not know or answer nonsense are passed",
                 "[redis][sentinel]") {
  const auto bad = GENERATE("*-1\r\n", "-IDONTKNOW\r\n", "*1\r\n$1\r\na\r\n", "$2\r\nhi\r\n",
                            "*2\r\n$1\r\na\r\n$1\r\n0\r\n", "*2\r\n$3\r\na b\r\n$1\r\n1\r\n",
                            "*2\r\n$1\r\na\r\n$5\r\n65536\r\n", "HTTP/1.1 400\r\n");
  CAPTURE(bad);
  FakeSentinel confused{loop.context};
  confused.reply = bad;
  auto choice = options();
  choice.seeds.insert(choice.seeds.begin(), redis::Address{"127.0.0.1", test::free_port()});
  choice.seeds.push_back(redis::parse_uri(confused.uri())->seeds.front());
  redis::Connection connection{loop.context, choice, loop.metrics};
  loop.connect(connection);
  CHECK(port_of(connection) == "first");
  run_until(loop.context, [&] { return confused.asked >= 2; });
  CHECK(connection.connected());
  CHECK(loop.metrics.failed_lookups.Value() >= 1);
  CHECK(loop.metrics.switches.Value() == 0);
}

TEST_CASE_METHOD(TwoServers, "A sentinel group may be closed and destroyed at any moment",
                 "[redis][sentinel]") {
  auto connection = std::make_unique<redis::Connection>(loop.context, options(), loop.metrics);
  std::optional<std::error_code> end;
  SECTION("while it looks for the master") {
    connection->start();
    connection.reset();
  }
  SECTION("while it connects") {
    connection->start();
    run_until(loop.context, [&] { return sentinel.asked == 1; });
    connection.reset();
  }
  SECTION("from within a callback") {
    loop.connect(*connection);
    connection->send(Command{"PING"}, [&](Result<redis::Reply>) { connection.reset(); });
    run_until(loop.context, [&] { return !connection; });
  }
  SECTION("closed with a command in flight") {
    loop.connect(*connection);
    connection->send(Command{"PING"}, [&](Result<redis::Reply> reply) { end = reply.error(); });
    connection->close();
    CHECK(*end == Errc::Cancelled);
  }
  loop.context.run_for(100ms);
  CHECK(loop.metrics.connected.Value() == 0);
}
