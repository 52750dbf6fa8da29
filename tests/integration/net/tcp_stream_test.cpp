#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <catch2/catch.hpp>
#include <memory>
#include <optional>
#include <string>

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

TEST_CASE("Both sides of a connection can send, from the first moment", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.worker = 3;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  Recorded client{f.loop, Address{}, f.client_metrics};
  server.on_data = [&](auto id, const Address&, std::string_view) {
    REQUIRE(server.transport.send(id, "pong"));
  };

  std::optional<Result<>> connected;
  const auto id = client.transport.connect(server.transport.local(),
                                           [&](Result<> result) { connected = result; });
  REQUIRE(id);
  REQUIRE(client.transport.send(*id, "pi"));  // before there is a connection
  REQUIRE(client.transport.send(*id, "ng"));
  CHECK_FALSE(connected);
  REQUIRE(loop_until(f.loop, [&] { return client.data[*id] == "pong"; }));
  CHECK((connected && *connected));
  REQUIRE(server.accepted.size() == 1);
  const auto accepted = server.accepted.front();
  CHECK(server.data[accepted] == "ping");
  CHECK(net::TcpTransport::worker_of(accepted) == 3);
  CHECK(net::TcpTransport::worker_of(*id) == 0);
  CHECK(accepted != *id);
  CHECK(client.transport.find(server.transport.local()) == *id);
  CHECK(client.transport.peer(*id) == server.transport.local());
  const auto peer = server.transport.peer(accepted);
  REQUIRE(peer);
  CHECK(server.transport.find(*peer) == accepted);
}

TEST_CASE("A long stream arrives whole and in order, through partial writes", "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_write_queue = 8 * 1024 * 1024;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  Recorded client{f.loop, Address{}, f.client_metrics, options};
  const auto id = *client.transport.connect(server.transport.local());
  std::string stream;
  for (int i = 0; i < 400'000; ++i) stream += std::to_string(i) + ' ';
  for (std::size_t at = 0; at < stream.size(); at += 10'007) {
    REQUIRE(client.transport.send(id, std::string_view{stream}.substr(at, 10'007)));
  }
  REQUIRE(loop_until(f.loop, [&] { return server.total == stream.size(); }));
  CHECK((server.data[server.accepted.front()] == stream));
  CHECK(f.metrics.received_bytes.Value() == static_cast<double>(stream.size()));
  CHECK(f.client_metrics.sent_bytes.Value() == static_cast<double>(stream.size()));
}

TEST_CASE("A peer that shuts its side down still gets the answer", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  boost::asio::steady_timer later{f.loop};
  server.on_data = [&](auto id, const Address&, std::string_view) {
    later.expires_after(50ms);
    later.async_wait([&, id](auto) { REQUIRE(server.transport.send(id, "late answer")); });
  };
  const auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(client.send("question"));
  client.shut_down();
  REQUIRE(loop_until(f.loop, [&] { return f.metrics.sent_bytes.Value() > 0; }));
  CHECK(client.receive() == "late answer");
  // No use for new requests: a connection that is found is one that the peer reads and writes.
  CHECK_FALSE(server.transport.find(client.local()));
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(server.closed.begin()->second == std::vector{std::error_code{}});
  CHECK(f.metrics.closed_by_peer.Value() == 1);
  CHECK(server.transport.size() == 0);
  CHECK(client.receive().empty());
}

TEST_CASE("What was sent before close() arrives, though the peer's own bytes were not read",
          "[net][tcp]") {
  TcpFixture f;
  net::TcpOptions options;
  options.max_write_queue = 8 * 1024 * 1024;
  Recorded server{f.loop, kLoopback, f.metrics, options};
  const std::string answer(3 * 1024 * 1024, 'a');
  server.on_data = [&](auto id, const Address&, std::string_view) {
    REQUIRE(server.transport.send(id, answer));
    server.transport.close(id);
    CHECK(server.transport.send(id, "after close").error() == Errc::NotFound);
    CHECK_FALSE(server.transport.peer(id));
  };
  const auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(client.send("bad request"));
  std::string got;
  bool ended = false;
  bool pushed = false;
  REQUIRE(loop_until(f.loop, [&] {
    got += client.receive_ready(ended);
    if (got.size() > 100'000 && !std::exchange(pushed, true)) client.send(std::string(5000, 'm'));
    return ended;
  }));
  CHECK(got.size() == answer.size());
  client.shut_down();
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  CHECK(server.closed.begin()->second == std::vector{std::error_code{}});
  CHECK(f.metrics.closed_by_owner.Value() == 1);
  CHECK(f.metrics.closed_error.Value() == 0);
}

TEST_CASE("A reset is an error, told once", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  auto client = PlainSocket::tcp(server.transport.local());
  REQUIRE(client.send("x"));
  REQUIRE(loop_until(f.loop, [&] { return server.total == 1; }));
  client.reset();
  REQUIRE(loop_until(f.loop, [&] { return !server.closed.empty(); }));
  REQUIRE(server.closed.begin()->second.size() == 1);
  CHECK(server.closed.begin()->second.front() == std::errc::connection_reset);
  CHECK(f.metrics.closed_error.Value() == 1);
  CHECK(f.metrics.connections.Value() == 0);
}

TEST_CASE("A callback may close its connection or destroy the transport", "[net][tcp]") {
  TcpFixture f;
  auto server = std::make_unique<Recorded>(f.loop, kLoopback, f.metrics);
  const auto client = PlainSocket::tcp(server->transport.local());
  const bool destroy = GENERATE(false, true);
  bool called = false;
  server->on_data = [&](auto id, const Address&, std::string_view) {
    called = true;
    if (destroy) {
      boost::asio::post(f.loop, [&] { server.reset(); });
    } else {
      server->transport.close(id);
    }
  };
  REQUIRE(client.send("x"));
  REQUIRE(loop_until(f.loop, [&] { return called && (destroy ? !server : true); }));
  CHECK(client.receive().empty());  // the end of the stream
}

TEST_CASE("Connections come and go without leaving anything behind", "[net][tcp]") {
  TcpFixture f;
  Recorded server{f.loop, kLoopback, f.metrics};
  server.on_data = [&](auto id, const Address&, std::string_view bytes) {
    REQUIRE(server.transport.send(id, bytes));
  };
  Recorded client{f.loop, Address{}, f.client_metrics};
  constexpr std::size_t total = 300;
  std::vector<net::TcpTransport::Id> ids;
  for (std::size_t i = 0; i < total; ++i) {
    ids.push_back(*client.transport.connect(server.transport.local()));
    REQUIRE(client.transport.send(ids.back(), "hello"));
  }
  REQUIRE(loop_until(f.loop, [&] { return client.total == total * 5; }));
  CHECK(f.metrics.connections.Value() == total);
  for (std::size_t i = 0; i < total; i += 2) client.transport.close(ids[i]);
  for (std::size_t i = 1; i < total; i += 2) server.transport.close(server.accepted[i]);
  REQUIRE(loop_until(
      f.loop, [&] { return client.closed.size() == total && server.closed.size() == total; }));
  for (const auto& [id, reasons] : client.closed) CHECK(reasons.size() == 1);
  for (const auto& [id, reasons] : server.closed) CHECK(reasons.size() == 1);
  CHECK(server.transport.size() == 0);
  CHECK(client.transport.size() == 0);
  CHECK(f.metrics.connections.Value() == 0);
  CHECK(f.client_metrics.connections.Value() == 0);
}
