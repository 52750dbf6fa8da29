#include <catch2/catch.hpp>

#include "contract/redis/fixture.hpp"
#include "core/errc.hpp"
#include "redis/errc.hpp"
#include "redis/function_library.hpp"

using namespace pbx;
using redis::Command;

namespace {

constexpr std::string_view kOld =
    "redis.register_function('pbx_test_$V', function() return 'old' end)";
constexpr std::string_view kNew =
    "redis.register_function('pbx_test_$V', function() return 'new' end)";

}  // namespace

TEST_CASE("Two releases of a function library live side by side", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  const redis::FunctionLibrary old_release{"pbx_test", kOld}, new_release{"pbx_test", kNew};
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  connection.on_connect([&](redis::Client& client) {
    old_release.load(client);
    new_release.load(client);
    new_release.load(client);  // again: no error that anybody hears of
  });
  loop.connect(connection);

  const auto call = [&](const redis::FunctionLibrary& library) {
    const auto name = library.function("pbx_test");
    return loop.ask(connection, Command{"FCALL", name, "0"});
  };
  CHECK(test::text(call(old_release)) == "old");
  CHECK(test::text(call(new_release)) == "new");
  CHECK(loop.metrics.error_replies.Value() == 0);
}

TEST_CASE("A library that Redis lost is loaded for the next call", "[redis]") {
  test::TempRedis server;
  test::RedisLoop loop;
  const redis::FunctionLibrary library{"pbx_test", kOld};
  redis::Connection connection{loop.context, test::options_for(server.unix_uri()), loop.metrics};
  connection.on_connect([&](redis::Client& client) { library.load(client); });
  loop.connect(connection);
  REQUIRE(loop.ask(connection, Command{"FUNCTION", "FLUSH"}));

  const auto name = library.function("pbx_test");
  const auto failed = loop.ask(connection, Command{"FCALL", name, "0"});
  REQUIRE(failed.error() == redis::Errc::NoFunction);
  CHECK(library.reload_if_missing(connection, failed.error()) == Errc::Unavailable);
  CHECK(test::text(loop.ask(connection, Command{"FCALL", name, "0"})) == "old");
}
