#include <signal.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <string>

#include "integration/net/plain_socket.hpp"
#include "integration/runtime/child.hpp"

using namespace pbx;
using Catch::Contains;
using test::Child;
using test::PlainSocket;
using test::TempFile;

namespace {

std::string config(const std::string& admin = "127.0.0.1:0",
                   const std::string& listen = "127.0.0.1:0",
                   const std::string& drain_timeout = "10s") {
  return R"({"process":{"node":"n1","admin_listen":")" + admin + R"(","drain_timeout":")" +
         drain_timeout + R"("},"grpc":{"listen":")" + listen + R"("},"workers":2})";
}

std::string get(const std::string& address, const std::string& path) {
  const auto client = PlainSocket::tcp(*net::Address::parse(address));
  REQUIRE(client.send("GET " + path + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"));
  std::string answer;
  for (std::string part; !(part = client.receive()).empty();) answer += part;
  return answer;
}

}  // namespace

TEST_CASE("A good configuration is said to be ok", "[service]") {
  const TempFile file{config()};
  Child child{{"--config", file.name(), "--check-config"}};
  CHECK(child.wait() == 0);
  CHECK(child.out() == "ok\n");
  CHECK(child.err().empty());
}

TEST_CASE("All faults of a configuration are listed, and the status is 2", "[service]") {
  const TempFile file{R"({"process":{"admin_listen":"nowhere"},"workers":99})"};
  const bool check_only = GENERATE(false, true);
  std::vector<std::string> arguments{"--config", file.name()};
  if (check_only) arguments.emplace_back("--check-config");
  Child child{arguments};
  CHECK(child.wait() == 2);
  CHECK(child.out().empty());
  CHECK_THAT(child.err(), Contains("process.admin_listen") && Contains("grpc.listen is missing") &&
                              Contains("workers is 99; it must be from 1 to 8"));
}

TEST_CASE("A configuration that cannot be read is refused with status 2", "[service]") {
  SECTION("unknown key") {
    const TempFile file{R"({"sipLissten":1})"};
    Child child{{"--config", file.name()}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(), Contains("sipLissten"));
  }
  SECTION("not JSON") {
    const TempFile file{"workers = 2"};
    Child child{{"--config", file.name()}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(), Contains("is not a JSON object"));
  }
  SECTION("no file") {
    Child child{{"--config", "/nowhere/sample.json"}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(),
               Contains("/nowhere/sample.json") && Contains("No such file or directory"));
  }
  SECTION("a folder") {
    Child child{{"--config", "/tmp"}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(), Contains("Is a directory"));
  }
  SECTION("too long") {
    const TempFile file{std::string(1024 * 1024 + 1, ' ')};
    Child child{{"--config", file.name()}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(), Contains("longer than 1 MiB"));
  }
}

TEST_CASE("Flags answer for themselves", "[service]") {
  SECTION("help") {
    Child child{{"--help"}};
    CHECK(child.wait() == 0);
    CHECK_THAT(child.out(), Contains("usage: pbx-sample --config FILE"));
  }
  SECTION("version") {
    Child child{{"--version"}};
    CHECK(child.wait() == 0);
    CHECK_THAT(child.out(), Catch::StartsWith("pbx-sample "));
  }
  SECTION("none") {
    Child child{{}};
    CHECK(child.wait() == 2);
    CHECK_THAT(child.err(), Contains("--config FILE is missing"));
  }
}

TEST_CASE("A port that is taken is a failed start: status 1 and the port's name", "[service]") {
  const auto any = *net::Address::parse("127.0.0.1:0");
  SECTION("the admin server's") {
    const auto other = net::listen_tcp(any);
    const auto taken = net::local_address(other.get()).to_string();
    const TempFile file{config(taken)};
    Child child{{"--config", file.name()}};
    CHECK(child.wait() == 1);
    CHECK_THAT(child.err(), Contains("failed to start") && Contains(taken) &&
                                Contains("Address already in use"));
  }
  SECTION("a worker's") {
    const auto other = net::bind_udp(any, net::Port::Alone);
    const auto taken = net::local_address(other.get()).to_string();
    const TempFile file{config("127.0.0.1:0", taken)};
    Child child{{"--config", file.name()}};
    CHECK(child.wait() == 1);
    CHECK_THAT(child.err(), Contains("failed to start") && Contains(taken));
  }
}

TEST_CASE("A secret that cannot be read is a failed start", "[service]") {
  const TempFile file{config()};
  Child child{{"--config", file.name()}, {{"PBX_SAMPLE_NEVER_READY_FILE", "/nowhere/secret"}}};
  CHECK(child.wait() == 1);
  CHECK_THAT(child.err(), Contains("PBX_SAMPLE_NEVER_READY_FILE") && Contains("/nowhere/secret"));
}

TEST_CASE("A signal drains the service, and the status is 0", "[service]") {
  const int signal = GENERATE(SIGTERM, SIGINT);
  const TempFile file{config()};
  Child child{{"--config", file.name()}};
  REQUIRE(child.wait_for(R"("event":"serving")"));
  child.signal(signal);
  CHECK(child.wait() == 0);
  CHECK_THAT(child.err(), Contains(R"("event":"drained")"));
}

TEST_CASE("While it drains a service is not ready, and a second signal ends it", "[service]") {
  const TempFile file{config()};
  Child child{{"--config", file.name()}, {{"PBX_SAMPLE_NEVER_DRAINED", "yes"}}};
  REQUIRE(child.wait_for(R"("event":"serving")"));
  const auto admin = child.field("address");
  CHECK_THAT(get(admin, "/readyz"), Contains("HTTP/1.1 200"));
  child.signal(SIGTERM);
  REQUIRE(child.wait_for(R"("event":"draining")"));
  CHECK_THAT(get(admin, "/readyz"), Contains("HTTP/1.1 503") && Contains("draining"));
  CHECK_THAT(get(admin, "/healthz"), Contains("HTTP/1.1 200"));
  const auto start = std::chrono::steady_clock::now();
  child.signal(SIGTERM);
  CHECK(child.wait() == 128 + SIGTERM);
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds{5});
}

TEST_CASE("Draining is bounded, and what it waited for is named", "[service]") {
  const TempFile file{config("127.0.0.1:0", "127.0.0.1:0", "0.2s")};
  Child child{{"--config", file.name()}, {{"PBX_SAMPLE_NEVER_DRAINED", "yes"}}};
  REQUIRE(child.wait_for(R"("event":"serving")"));
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
  CHECK_THAT(child.err(), Contains("drain timed out") && Contains("patience"));
}

TEST_CASE("A running service shows its health, readiness and metrics", "[service]") {
  const TempFile file{config()};
  Child child{{"--config", file.name()}, {{"PBX_SAMPLE_NEVER_READY", "yes"}}};
  REQUIRE(child.wait_for(R"("event":"serving")"));
  const auto admin = child.field("address");
  CHECK_THAT(get(admin, "/healthz"),
             Contains("HTTP/1.1 200") && Contains(R"({"healthy":true,"stuck":[]})"));
  CHECK_THAT(get(admin, "/readyz"),
             Contains("HTTP/1.1 503") && Contains(R"({"ready":false,"missing":["patience"]})"));
  CHECK_THAT(get(admin, "/metrics"),
             Contains("HTTP/1.1 200") && Contains("text/plain; version=0.0.4") &&
                 Contains("pbx_build_info{service=\"sample\"") &&
                 Contains("process_cpu_seconds_total ") &&
                 Contains("pbx_runtime_thread_cpu_seconds_total{thread=\"worker-1\"}") &&
                 Contains("pbx_runtime_loop_turn_handlers_bucket{le=\"1\"}") &&
                 Contains("pbx_runtime_loop_held_seconds_total ") &&
                 Contains("pbx_net_udp_received_packets_total{listener=\"echo\"} 0"));
  CHECK_THAT(get(admin, "/metrics?x=y"), Contains("HTTP/1.1 200"));
  CHECK_THAT(get(admin, "/other"), Contains("HTTP/1.1 404"));
  child.signal(SIGTERM);
  CHECK(child.wait() == 0);
}
