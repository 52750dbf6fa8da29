#include <catch2/catch.hpp>

#include "contract/redis/fixture.hpp"
#include "support/ask_redis.hpp"

using namespace pbx;
using redis::Command;
using test::run_until;

namespace {

/// A certificate for `name`, signed by itself: <folder>/<file>.{key,crt}.
void make_certificate(const std::filesystem::path& folder, const std::string& file,
                      const std::string& name) {
  const auto base = (folder / file).string();
  test::ChildProcess openssl{
      {"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
       "-nodes", "-days", "2", "-keyout", base + ".key", "-out", base + ".crt", "-subj",
       "/CN=" + name, "-addext", "subjectAltName=DNS:" + name},
      folder / "openssl.log"};
  REQUIRE(openssl.wait() == 0);
}

struct TlsRedis {
  test::TempDir folder;
  std::uint16_t port = test::free_port();
  std::unique_ptr<test::TempRedis> server;

  explicit TlsRedis(const std::vector<std::string>& more = {}) {
    make_certificate(folder.path(), "redis", "localhost");
    make_certificate(folder.path(), "stranger", "localhost");
    const auto base = (folder.path() / "redis").string();
    std::vector<std::string> arguments{"--tls-port",         std::to_string(port),
                                       "--tls-cert-file",    base + ".crt",
                                       "--tls-key-file",     base + ".key",
                                       "--tls-ca-cert-file", base + ".crt",
                                       "--tls-auth-clients", "no"};
    arguments.insert(arguments.end(), more.begin(), more.end());
    server = std::make_unique<test::TempRedis>(std::move(arguments));
  }

  redis::Options options(const std::string& host, const std::string& ca,
                         const std::string& scheme = "rediss://") const {
    auto options = test::options_for(scheme + host + ":" + std::to_string(port));
    options.ca_file = (folder.path() / ca).string();
    return options;
  }
};

}  // namespace

TEST_CASE("Over TLS the server must be who it should be", "[redis][tls]") {
  TlsRedis redis_server;
  test::RedisLoop loop;

  SECTION("known certificate and right name") {
    redis::Connection connection{loop.context, redis_server.options("localhost", "redis.crt"),
                                 loop.metrics};
    loop.connect(connection);
    const std::string large(300'000, 'x');
    REQUIRE(loop.ask(connection, Command{"SET", "large", large}));
    CHECK(test::text(loop.ask(connection, Command{"GET", "large"})) == large);
  }
  SECTION("wrong certificate authority") {
    redis::Connection connection{loop.context, redis_server.options("localhost", "stranger.crt"),
                                 loop.metrics};
    connection.start();
    run_until(loop.context, [&] { return loop.metrics.reconnects.Value() >= 1; });
    CHECK_FALSE(connection.connected());
  }
  SECTION("right certificate, wrong name") {
    redis::Connection connection{loop.context, redis_server.options("127.0.0.1", "redis.crt"),
                                 loop.metrics};
    connection.start();
    run_until(loop.context, [&] { return loop.metrics.reconnects.Value() >= 1; });
    CHECK_FALSE(connection.connected());
  }
}

TEST_CASE("A cluster over TLS tells its TLS ports, and every node must be who it should be",
          "[redis][tls]") {
  TlsRedis node{{"--cluster-enabled", "yes", "--tls-cluster", "yes", "--cluster-port",
                 std::to_string(test::free_port())}};
  const auto plain = node.server->port();
  test::tell_redis(plain, {"CLUSTER", "ADDSLOTSRANGE", "0", "16383"});
  test::wait_for("the cluster is not ready", [&] {
    return test::ask_redis(plain, {"CLUSTER", "INFO"}).find("state:ok") != std::string::npos;
  });
  test::RedisLoop loop;
  SECTION("known certificate and right name") {
    const auto options = node.options("localhost", "redis.crt", "rediss-cluster://");
    redis::Connection connection{loop.context, options, loop.metrics};
    loop.connect(connection);
    CHECK(test::text(loop.ask(connection, Command{"SET", "key", "x"})) == "OK");
  }
  SECTION("right certificate, wrong name") {
    const auto options = node.options("127.0.0.1", "redis.crt", "rediss-cluster://");
    redis::Connection connection{loop.context, options, loop.metrics};
    connection.start();
    run_until(loop.context, [&] { return loop.metrics.failed_lookups.Value() >= 2; });
    CHECK_FALSE(connection.connected());
  }
}
