#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <catch2/catch.hpp>
#include <vector>

#include "contract/redis/fixture.hpp"
#include "core/errc.hpp"
#include "redis/errc.hpp"

using namespace pbx;
using redis::Command;
using test::run_until;

TEST_CASE("Redis answers over TCP and over a UNIX socket", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  const auto uri = GENERATE(false, true) ? server.unix_uri() : server.uri();
  CAPTURE(uri);
  redis::Connection connection{loop.context, test::options_for(uri), loop.metrics};
  loop.connect(connection);

  REQUIRE(loop.ask(connection, Command{"SET", "key", std::string_view{"a\0\r\nb", 5}}));
  const auto got = loop.ask(connection, Command{"GET", "key"});
  REQUIRE(got);
  CHECK(got->text() == std::string_view{"a\0\r\nb", 5});
  CHECK(loop.ask(connection, Command{"GET", "nothing"})->is_nil());
  CHECK(loop.ask(connection, Command{"INCRBY", "n"}.add(42))->integer() == 42);
  CHECK(loop.ask(connection, Command{"MGET", "key", "nothing"})->size() == 2);
}

TEST_CASE("Replies come in the order of the commands, a turn's commands in one write", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  loop.connect(connection);

  constexpr std::int64_t kCommands = 2000;
  const auto batches = loop.metrics.batch_commands.Collect().histogram.sample_count;
  std::vector<std::int64_t> replies;
  for (std::int64_t i = 0; i < kCommands; ++i) {
    connection.send(Command{"ECHO"}.add(i), [&](Result<redis::Reply> reply) {
      REQUIRE(reply);
      replies.push_back(reply->integer());
    });
  }
  run_until(loop.context, [&] { return replies.size() == kCommands; });
  for (std::int64_t i = 0; i < kCommands; ++i) CHECK(replies[static_cast<std::size_t>(i)] == i);
  CHECK(loop.metrics.batch_commands.Collect().histogram.sample_count == batches + 1);
  CHECK(loop.metrics.pending.Value() == 0);
}

TEST_CASE("Password, user and database of the options are used", "[redis]") {
  test::TempRedis server{
      {"--requirepass", "s3cret", "--user", "worker", "on", ">w0rk", "~*", "&*", "+@all"}};
  test::RedisLoop loop;

  SECTION("the default user, database 3") {
    auto options = test::options_for(server.uri() + "/3", "s3cret");
    redis::Connection connection{loop.context, options, loop.metrics};
    loop.connect(connection);
    const auto info = loop.ask(connection, Command{"CLIENT", "INFO"});
    CHECK(info->text().find(" db=3 ") != std::string_view::npos);
  }
  SECTION("a named user") {
    auto options = test::options_for(server.uri(), "w0rk");
    options.user = "worker";
    redis::Connection connection{loop.context, options, loop.metrics};
    loop.connect(connection);
    CHECK(test::text(loop.ask(connection, Command{"ACL", "WHOAMI"})) == "worker");
  }
  SECTION("a wrong password never connects") {
    redis::Connection connection{loop.context, test::options_for(server.uri(), "wrong"),
                                 loop.metrics};
    connection.start();
    run_until(loop.context, [&] { return loop.metrics.reconnects.Value() >= 2; });
    CHECK_FALSE(connection.connected());
    CHECK(loop.ask(connection, Command{"PING"}).error() == Errc::Unavailable);
  }
}

TEST_CASE("While Redis is away commands fail at once, and it comes back by itself", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  redis::Connection connection{loop.context, test::options_for(server.uri()), loop.metrics};
  CHECK(loop.ask(connection, Command{"PING"}).error() == Errc::Unavailable);
  int hooks = 0;
  connection.on_connect([&](redis::Client& fresh) {
    ++hooks;
    fresh.send(Command{"SET", "hook", "ran"}, {});
  });
  loop.connect(connection);

  std::optional<std::error_code> lost;
  server.freeze();
  connection.send(Command{"PING"}, [&](Result<redis::Reply> reply) { lost = reply.error(); });
  loop.context.poll();
  server.kill();
  run_until(loop.context, [&] { return lost.has_value(); });
  CHECK(*lost == Errc::Unavailable);
  CHECK_FALSE(connection.connected());
  CHECK(loop.ask(connection, Command{"PING"}).error() == Errc::Unavailable);

  server.start();
  run_until(loop.context, [&] { return connection.connected(); });
  CHECK(hooks == 2);
  CHECK(test::text(loop.ask(connection, Command{"GET", "hook"})) == "ran");
  CHECK(loop.metrics.connected.Value() == 1);
}

TEST_CASE("A Redis that stops answering costs a timeout and then the connection", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  auto options = test::options_for(server.uri());
  options.timeout = std::chrono::milliseconds{60};
  redis::Connection connection{loop.context, options, loop.metrics};
  loop.connect(connection);
  REQUIRE(loop.ask(connection, Command{"PING"}));

  server.freeze();
  CHECK(loop.ask(connection, Command{"PING"}).error() == Errc::Timeout);
  CHECK_FALSE(connection.connected());
  CHECK(loop.metrics.timeouts.Value() == 1);
  server.resume();
  run_until(loop.context, [&] { return connection.connected(); });
  CHECK(test::text(loop.ask(connection, Command{"PING"})) == "PONG");
}

TEST_CASE("A late reply is not taken for the next command's", "[redis]") {
  test::TempRedis server{{"--enable-debug-command", "yes"}};
  test::RedisLoop loop;
  auto options = test::options_for(server.uri());
  options.timeout = std::chrono::milliseconds{100};
  redis::Connection connection{loop.context, options, loop.metrics};
  loop.connect(connection);

  // One reply keeps the connection from counting as silent, the next command is late.
  std::vector<std::string> ends;
  const auto note = [&](Result<redis::Reply> reply) {
    ends.push_back(reply ? std::string{reply->text()} : reply.error().message());
  };
  connection.send(Command{"ECHO", "first"}, note);
  connection.send(Command{"BLPOP", "nothing", "0.3"}, note);
  run_until(loop.context, [&] { return ends.size() == 2; });
  CHECK(ends == std::vector<std::string>{"first", "timed out"});
  run_until(loop.context, [&] { return connection.connected(); });
  std::string second;
  do {  // behind the command that still blocks
    second = test::text(loop.ask(connection, Command{"ECHO", "second"}));
  } while (second == "error: timed out");
  CHECK(second == "second");
}

TEST_CASE("What is in flight is bounded", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  auto options = test::options_for(server.unix_uri());
  options.max_pending = 10;
  redis::Connection connection{loop.context, options, loop.metrics};
  loop.connect(connection);

  std::vector<std::error_code> ends;
  for (int i = 0; i < 12; ++i) {
    connection.send(Command{"PING"},
                    [&](Result<redis::Reply> reply) { ends.push_back(reply.error()); });
  }
  REQUIRE(ends.size() == 2);
  CHECK(ends[0] == Errc::Overloaded);
  run_until(loop.context, [&] { return ends.size() == 12; });
  CHECK_FALSE(ends.back());
}

TEST_CASE("Error replies are told apart", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  loop.connect(connection);

  CHECK(loop.ask(connection, Command{"NONSENSE"}).error() == Errc::BadData);
  CHECK(loop.ask(connection, Command{"FCALL", "nothing", "0"}).error() == redis::Errc::NoFunction);
  CHECK(loop.metrics.error_replies.Value() == 2);
  CHECK(connection.connected());
}

TEST_CASE("A server that became a replica is left for whoever the name leads to", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  loop.connect(connection);
  REQUIRE(loop.ask(connection, Command{"REPLICAOF", "127.0.0.1", "1"}));

  CHECK(loop.ask(connection, Command{"SET", "a", "b"}).error() == redis::Errc::ReadOnly);
  CHECK_FALSE(connection.connected());
}

TEST_CASE("Closing answers what is in flight, destroying does not", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  std::optional<std::error_code> end;
  const auto note = [&](Result<redis::Reply> reply) { end = reply.error(); };
  SECTION("close") {
    redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
    loop.connect(connection);
    connection.send(Command{"PING"}, note);
    connection.close();
    REQUIRE(end);
    CHECK(*end == Errc::Cancelled);
    CHECK(loop.ask(connection, Command{"PING"}).error() == Errc::Cancelled);
  }
  SECTION("destruction, also from within a callback") {
    auto connection = std::make_unique<redis::Connection>(
        loop.context, test::options_for(server.unix_uri()), loop.metrics);
    loop.connect(*connection);
    connection->send(Command{"PING"}, [&](Result<redis::Reply>) { connection.reset(); });
    connection->send(Command{"PING"}, note);
    run_until(loop.context, [&] { return !connection; });
    loop.context.poll();
    CHECK_FALSE(end);
  }
  CHECK(loop.metrics.connected.Value() == 0);
}

namespace {

boost::asio::awaitable<void> read_twice(redis::Client& client, std::string& text) {
  Command get{"ECHO", "from a coroutine"};
  auto reply = co_await client.call(std::move(get));
  if (reply) text = reply->text();
}

}  // namespace

TEST_CASE("Coroutines can wait for a reply", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  loop.connect(connection);
  std::string text;
  boost::asio::co_spawn(loop.context, read_twice(connection, text), boost::asio::detached);
  run_until(loop.context, [&] { return !text.empty(); });
  CHECK(text == "from a coroutine");
}
