#include <sys/socket.h>

#include <catch2/catch.hpp>
#include <optional>
#include <vector>

#include "core/errc.hpp"
#include "integration/net/loop_until.hpp"
#include "integration/net/plain_socket.hpp"
#include "integration/net/tcp_fixture.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using net::Address;
using test::kLoopback;
using test::loop_until;
using test::PlainSocket;
using test::Recorded;
using test::TcpFixture;

namespace {

/// A listener that has all the connections that it takes: the kernel ignores more.
struct FullListener {
  FullListener() : listening{SOCK_STREAM, kLoopback} {
    sockaddr_storage name{};
    const auto length = kLoopback.to_sockaddr(name);
    REQUIRE(::bind(listening.fd(), reinterpret_cast<const sockaddr*>(&name), length) == 0);
    REQUIRE(::listen(listening.fd(), 0) == 0);
    waiting.push_back(PlainSocket::tcp(listening.local()));
  }
  PlainSocket listening;
  std::vector<PlainSocket> waiting;
};

}  // namespace

TEST_CASE("A refused connection is told to the one who wanted it, and nobody else", "[net][tcp]") {
  TcpFixture f;
  const auto gone = [&] {
    const Recorded closed_soon{f.loop, kLoopback, f.metrics};
    return closed_soon.transport.local();
  }();
  Recorded client{f.loop, Address{}, f.client_metrics};
  std::optional<Result<>> outcome;
  const auto id = *client.transport.connect(gone, [&](Result<> result) { outcome = result; });
  REQUIRE(client.transport.send(id, "lost"));
  CHECK_FALSE(outcome);
  REQUIRE(loop_until(f.loop, [&] { return outcome.has_value(); }));
  CHECK(outcome->error() == std::errc::connection_refused);
  CHECK(client.transport.send(id, "x").error() == Errc::NotFound);
  CHECK_FALSE(client.transport.find(gone));
  test::loop_ready(f.loop);
  CHECK(client.closed.empty());
  CHECK(f.client_metrics.connect_failed.Value() == 1);
  CHECK(f.client_metrics.connections.Value() == 0);
}

TEST_CASE("A connection that does not come about is given up in time", "[net][tcp]") {
  TcpFixture f;
  FullListener full;
  net::TcpOptions options;
  options.connect_timeout = 200ms;
  Recorded client{f.loop, Address{}, f.client_metrics, options};
  std::vector<std::error_code> outcomes;
  const auto start = std::chrono::steady_clock::now();
  REQUIRE(client.transport.connect(full.listening.local(),
                                   [&](Result<> result) { outcomes.push_back(result.error()); }));
  REQUIRE(client.transport.connect(full.listening.local(),
                                   [&](Result<> result) { outcomes.push_back(result.error()); }));
  REQUIRE(loop_until(f.loop, [&] { return !outcomes.empty() && client.transport.size() < 2; }));
  CHECK(outcomes.back() == make_error_code(Errc::Timeout));
  CHECK(std::chrono::steady_clock::now() - start >= options.connect_timeout);
  CHECK(f.client_metrics.connect_failed.Value() >= 1);
}

TEST_CASE("Closing a connection that is being made ends it without a word", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  Recorded client{f.loop, Address{}, f.client_metrics};
  bool told = false;
  const auto id =
      *client.transport.connect(server.transport.local(), [&](Result<>) { told = true; });
  client.transport.close(id);
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK_FALSE(told);
  CHECK(client.closed.empty());
  CHECK(client.transport.size() == 0);
}

TEST_CASE("Connections leave from the address that the transport listens on", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  Recorded client{f.loop, *Address::parse("127.0.0.12:0"), f.client_metrics};
  REQUIRE(client.transport.connect(server.transport.local()));
  REQUIRE(loop_until(f.loop, [&] { return !server.accepted.empty(); }));
  const auto peer = server.transport.peer(server.accepted.front());
  REQUIRE(peer);
  CHECK(peer->ip() == "127.0.0.12");
}

TEST_CASE("A transport that does not listen any more keeps its connections", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  const auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(client.send("a"));
  REQUIRE(loop_until(f.loop, [&] { return server.total == 1; }));
  server.transport.stop_listening();
  PlainSocket late{SOCK_STREAM, kLoopback};
  CHECK_FALSE(late.connect(server.transport.local()));
  REQUIRE(client.send("b"));
  REQUIRE(loop_until(f.loop, [&] { return server.total == 2; }));
  REQUIRE(server.transport.send(server.accepted.front(), "c"));
  test::loop_ready(f.loop);
  CHECK(client.receive() == "c");
}

TEST_CASE("A port that another program has is refused with its name", "[net][tcp]") {
  TcpFixture f;
  const auto other = net::listen_tcp(kLoopback, net::Port::Alone);
  const auto taken = net::local_address(other.get());
  CHECK_THROWS_WITH((Recorded{f.loop, taken, f.metrics}), Catch::Contains(taken.to_string()));
}
