#include <sys/resource.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "integration/net/loop_until.hpp"
#include "integration/net/plain_socket.hpp"
#include "integration/net/tcp_fixture.hpp"
#include "net/tcp_sources.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using test::kLoopback;
using test::loop_until;
using test::PlainSocket;
using test::Recorded;
using test::TcpFixture;

namespace {

/// Lowers the number of open files for a while.
struct FileLimit {
  explicit FileLimit(rlim_t files) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
    rlimit lower = before;
    lower.rlim_cur = files;
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &lower) == 0);
  }
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

}  // namespace

TEST_CASE("A peer that does not read is closed when its queue is full", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_write_queue = 64 * 1024;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto client = PlainSocket::tcp(server.transport.local(), 4096);
  REQUIRE(loop_until(f.loop, [&] { return !server.accepted.empty(); }));
  const auto id = server.accepted.front();
  const std::string chunk(16 * 1024, 'x');
  Result<> sent;
  for (int i = 0; i < 10'000 && sent; ++i) {
    sent = server.transport.send(id, chunk);
    test::loop_ready(f.loop);
  }
  CHECK(sent.error() == Errc::Overloaded);
  CHECK(server.transport.send(id, "x").error() == Errc::NotFound);
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(server.closed[id] == std::vector{make_error_code(Errc::Overloaded)});
  CHECK(f.metrics.closed_slow.Value() == 1);
}

TEST_CASE("One message longer than the queue closes the connection, and is not half sent",
          "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_write_queue = 1000;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return !server.accepted.empty(); }));
  CHECK(server.transport.send(server.accepted.front(), std::string(1001, 'x')).error() ==
        Errc::Overloaded);
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(client.receive().empty());
}

TEST_CASE("A peer that has not read for write_timeout is closed, though its queue has room",
          "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_write_queue = 64 * 1024 * 1024;
  options.write_timeout = 150ms;
  const bool closing = GENERATE(false, true);
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto client = PlainSocket::tcp(server.transport.local(), 4096);
  REQUIRE(loop_until(f.loop, [&] { return !server.accepted.empty(); }));
  const auto id = server.accepted.front();
  REQUIRE(server.transport.send(id, std::string(32 * 1024 * 1024, 'x')));
  if (closing) server.transport.close(id);
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(server.closed[id] == std::vector{make_error_code(Errc::Overloaded)});
  CHECK(f.metrics.closed_slow.Value() == 1);
  CHECK(server.transport.size() == 0);
}

TEST_CASE("A silent connection is closed after the idle time", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.idle = 120ms;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto start = std::chrono::steady_clock::now();
  const auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(std::chrono::steady_clock::now() - start >= options.idle);
  CHECK(server.closed.begin()->second == std::vector{make_error_code(Errc::Timeout)});
  CHECK(f.metrics.closed_idle.Value() == 1);
  CHECK(client.receive().empty());
}

TEST_CASE("The connection that was silent longest goes first", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.idle = 400ms;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto first = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == 1; }));
  const auto second = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == 2; }));
  REQUIRE(first.send("still here"));  // now the second is the one that was silent longer
  REQUIRE(loop_until(f.loop, [&] { return server.total > 0; }));
  REQUIRE(loop_until(f.loop, [&] { return server.closed.contains(server.accepted[1]); }));
  REQUIRE(loop_until(f.loop, [&] { return server.closed.size() == 2; }));
  CHECK(f.metrics.closed_idle.Value() == 2);
}

TEST_CASE("More connections than allowed are refused when all are kept, and room is used again",
          "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_connections = 2;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  auto first = PlainSocket::tcp(server.transport.local());
  const auto second = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == 2; }));
  for (const auto id : server.accepted) server.transport.raise(id, net::TcpRank::Kept);
  const auto third = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return f.metrics.refused_limit.Value() == 1; }));
  CHECK(third.receive().empty());
  CHECK(server.transport.connect(*net::Address::parse("127.0.0.1:9")).error() == Errc::Overloaded);
  first.reset();
  REQUIRE(loop_until(f.loop, [&] { return server.transport.size() == 1; }));
  const auto fourth = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == 3; }));
}

TEST_CASE("The oldest of those that said nothing goes first for a new one, then of the rest",
          "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_connections = 4;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  std::vector<PlainSocket> clients;
  const auto one_more = [&] {
    clients.push_back(PlainSocket::tcp(server.transport.local()));
    REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == clients.size(); }));
    loop_until(f.loop, [&] {
      return static_cast<double>(server.closed.size()) == f.metrics.evicted.Value();
    });
  };
  for (int i = 0; i < 4; ++i) one_more();
  const auto& ids = server.accepted;
  server.transport.raise(ids[0], net::TcpRank::Known);
  server.transport.raise(ids[1], net::TcpRank::Kept);
  server.transport.raise(ids[1], net::TcpRank::Known);  // it stays what it is
  one_more();
  CHECK(server.closed.contains(ids[2]));
  one_more();
  CHECK(server.closed.contains(ids[3]));
  server.transport.raise(ids[4], net::TcpRank::Kept);
  server.transport.raise(ids[5], net::TcpRank::Kept);
  one_more();
  CHECK(server.closed.contains(ids[0]));
  CHECK(server.closed[ids[0]] == std::vector{make_error_code(Errc::Overloaded)});
  CHECK(server.closed.size() == 3);
  CHECK(f.metrics.evicted.Value() == 3);
  CHECK(clients[0].receive().empty());
}

TEST_CASE("Who says nothing that makes sense is closed after first_request", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.first_request = 150ms;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const auto silent = PlainSocket::tcp(server.transport.local());
  const auto pings = PlainSocket::tcp(server.transport.local());
  const auto sensible = PlainSocket::tcp(server.transport.local());
  REQUIRE(loop_until(f.loop, [&] { return server.accepted.size() == 3; }));
  std::map<net::Address, net::TcpTransport::Id> ids;
  for (const auto id : server.accepted) ids[*server.transport.peer(id)] = id;
  server.transport.raise(ids[sensible.local()], net::TcpRank::Known);
  REQUIRE(pings.send("\r\n\r\n"));
  REQUIRE(loop_until(f.loop, [&] { return server.closed.size() == 2; }));
  for (const auto* peer : {&silent, &pings}) {
    CHECK(server.closed[ids[peer->local()]] == std::vector{make_error_code(Errc::Timeout)});
  }
  CHECK(f.metrics.closed_silent.Value() == 2);
  CHECK(server.transport.size() == 1);
}

TEST_CASE("A source has its share of all listeners, and no more", "[net][tcp]") {
  TcpFixture f;
  net::TcpSources sources{2};
  net::TcpOptions options;
  options.sources = &sources;
  Recorded one{f.loop, kLoopback, f.metrics, options};
  {
    Recorded two{f.loop, kLoopback, f.metrics, options};
    auto first = PlainSocket::tcp(one.transport.local());
    const auto second = PlainSocket::tcp(two.transport.local());
    REQUIRE(loop_until(f.loop, [&] { return one.accepted.size() + two.accepted.size() == 2; }));
    const auto third = PlainSocket::tcp(two.transport.local());
    REQUIRE(loop_until(f.loop, [&] { return f.metrics.refused_source.Value() == 1; }));
    CHECK(third.receive().empty());
    first.reset();
    REQUIRE(loop_until(f.loop, [&] { return one.transport.size() == 0; }));
    const auto again = PlainSocket::tcp(two.transport.local());
    REQUIRE(loop_until(f.loop, [&] { return two.accepted.size() == 2; }));
  }
  CHECK(sources.size() == 0);
}

TEST_CASE("Without file descriptors accepting pauses, and goes on when there are some",
          "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  const auto client = PlainSocket::tcp(server.transport.local());
  {
    const FileLimit none_left{static_cast<rlim_t>(client.fd()) + 1};
    REQUIRE(loop_until(f.loop, [&] { return f.metrics.accept_errors.Value() >= 2; }));
    CHECK(f.metrics.accept_errors.Value() < 20);
    CHECK(server.accepted.empty());
  }
  REQUIRE(loop_until(f.loop, [&] { return !server.accepted.empty(); }));
  REQUIRE(client.send("in after all"));
  CHECK(loop_until(f.loop, [&] { return server.total == 12; }));
}
