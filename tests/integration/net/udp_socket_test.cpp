#include "net/udp_socket.hpp"

#include <prometheus/registry.h>

#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "integration/net/loop_until.hpp"
#include "integration/net/plain_socket.hpp"
#include "net/metrics.hpp"
#include "net/sockets.hpp"

using namespace pbx;
using net::Address;
using net::Packet;
using test::loop_ready;
using test::loop_until;
using test::PlainSocket;

namespace {

const Address kLoopback = *Address::parse("127.0.0.1:0");

struct Fixture {
  boost::asio::io_context loop{1};
  prometheus::Registry registry;
  net::UdpMetrics metrics{registry, "test"};
  net::UdpMetrics client_metrics{registry, "client"};
};

}  // namespace

TEST_CASE("Ten thousand packets are echoed without a loss", "[net][udp]") {
  constexpr unsigned total = 10'000;
  constexpr unsigned in_flight = 64;
  Fixture f;
  net::UdpSocket server{f.loop, kLoopback, f.metrics};
  server.receive([&](std::span<const Packet> packets) {
    for (const auto& packet : packets) server.send(packet.from, packet.data);
  });

  net::UdpSocket client{f.loop, kLoopback, f.client_metrics};
  std::vector<char> seen(total, 0);
  unsigned sent = 0;
  unsigned received = 0;
  const auto send_next = [&] {
    if (sent < total) client.send(server.local(), std::to_string(sent++) + std::string(700, '.'));
  };
  client.receive([&](std::span<const Packet> packets) {
    for (const auto& packet : packets) {
      REQUIRE(packet.from == server.local());
      unsigned number = total;
      std::from_chars(packet.data.data(), packet.data.data() + packet.data.size(), number);
      REQUIRE(number < total);
      REQUIRE(seen[number]++ == 0);
      REQUIRE(packet.data.size() == std::to_string(number).size() + 700);
      ++received;
      send_next();
    }
  });
  for (unsigned i = 0; i < in_flight; ++i) send_next();
  CHECK(loop_until(f.loop, [&] { return received == total; }));
  CHECK(received == total);
  CHECK(f.metrics.received_packets.Value() == total);
  CHECK(f.metrics.sent_packets.Value() == total);
  // Batches, not packet by packet.
  const auto batches = f.metrics.receive_batch.Collect().histogram.sample_count;
  CHECK(batches < total / 4);
  CHECK(f.metrics.send_batch.Collect().histogram.sample_count < total / 4);
}

TEST_CASE("IPv6 works like IPv4", "[net][udp]") {
  Fixture f;
  net::UdpSocket server{f.loop, *Address::parse("[::1]:0"), f.metrics};
  server.receive([&](std::span<const Packet> packets) {
    for (const auto& packet : packets) server.send(packet.from, packet.data);
  });
  const auto client = PlainSocket::udp(server.local());
  REQUIRE(client.send("over six"));
  REQUIRE(loop_until(f.loop, [&] { return f.metrics.sent_packets.Value() == 1; }));
  CHECK(client.receive() == "over six");
}

TEST_CASE("A floating address is listened on before it is here", "[net][udp]") {
  // 192.0.2.0/24 is for documentation (RFC 5737): nobody's.
  const auto elsewhere = *net::Address::parse("192.0.2.1:5060");
  CHECK_THROWS_AS(net::bind_udp(elsewhere), std::system_error);
  CHECK_THROWS_AS(net::listen_tcp(elsewhere), std::system_error);
  CHECK(net::bind_udp(elsewhere, net::Port::Shared, net::Presence::Floating).get() >= 0);
  CHECK(net::listen_tcp(elsewhere, net::Port::Shared, net::Presence::Floating).get() >= 0);
}

TEST_CASE("A packet longer than the buffer is dropped and counted, its neighbours are not",
          "[net][udp]") {
  Fixture f;
  net::UdpOptions options;
  options.max_packet = 512;
  net::UdpSocket server{f.loop, kLoopback, f.metrics, options};
  std::vector<std::size_t> sizes;
  server.receive([&](std::span<const Packet> packets) {
    for (const auto& packet : packets) sizes.push_back(packet.data.size());
  });
  const auto client = PlainSocket::udp(server.local());
  for (const std::size_t size : {512U, 513U, 20'000U, 1U, 0U}) {
    REQUIRE(client.send(std::string(size, 'x')));
  }
  REQUIRE(loop_until(f.loop, [&] { return sizes.size() == 3; }));
  CHECK(sizes == std::vector<std::size_t>{512, 1, 0});
  CHECK(f.metrics.truncated.Value() == 2);
  CHECK(f.metrics.received_packets.Value() == 3);
}

TEST_CASE("The largest datagrams pass", "[net][udp]") {
  Fixture f;
  net::UdpSocket server{f.loop, kLoopback, f.metrics};
  std::string got;
  server.receive([&](std::span<const Packet> packets) { got = packets.front().data; });
  const auto client = PlainSocket::udp(server.local());
  const std::string largest(65'507, 'y');
  REQUIRE(client.send(largest));
  REQUIRE(loop_until(f.loop, [&] { return !got.empty(); }));
  CHECK(got == largest);
  CHECK(f.metrics.truncated.Value() == 0);
}

TEST_CASE("A received packet may be changed in place", "[net][udp]") {
  Fixture f;
  net::UdpSocket server{f.loop, kLoopback, f.metrics};
  server.receive([&](std::span<const Packet> packets) {
    for (const auto& packet : packets) {
      packet.writable()[0] = 'J';
      const std::array<std::string_view, 2> parts{packet.data, "!"};
      server.send(packet.from, parts);
    }
  });
  const auto client = PlainSocket::udp(server.local());
  REQUIRE(client.send("jello"));
  REQUIRE(loop_until(f.loop, [&] { return f.metrics.sent_packets.Value() == 1; }));
  CHECK(client.receive() == "Jello!");
}

TEST_CASE("Datagrams that gather are read together, and wake nobody meanwhile", "[net][udp]") {
  Fixture f;
  net::UdpOptions options;
  options.gather = std::chrono::seconds{1};
  net::UdpSocket server{f.loop, kLoopback, f.metrics, options};
  std::vector<std::size_t> batches;
  server.receive([&](std::span<const Packet> packets) { batches.push_back(packets.size()); });
  const auto client = PlainSocket::udp(server.local());

  REQUIRE(client.send("first"));  // after a lull: at once
  REQUIRE(loop_until(f.loop, [&] { return !batches.empty(); }));
  loop_ready(f.loop);
  // A slow machine may have let the pause pass; then there is nothing to see.
  const auto begun = std::chrono::steady_clock::now();
  const auto pause_ends = begun - begun.time_since_epoch() % options.gather + options.gather;
  for (int i = 0; i < 3; ++i) REQUIRE(client.send("gathers"));
  const auto woken = f.loop.run_for((pause_ends - begun) / 2);
  CHECK((woken == 0 || std::chrono::steady_clock::now() >= pause_ends));

  REQUIRE(loop_until(f.loop, [&] { return f.metrics.received_packets.Value() == 4; }));
  if (std::chrono::steady_clock::now() - begun < 2 * options.gather) {
    CHECK(batches == std::vector<std::size_t>{1, 3});
  }
}

TEST_CASE("A flood does not keep the rest of the loop from its turn", "[net][udp]") {
  Fixture f;
  net::UdpOptions options;
  options.budget = 128;
  net::UdpSocket server{f.loop, kLoopback, f.metrics, options};
  const auto client = PlainSocket::udp(server.local());
  constexpr unsigned flood = 1000;
  for (unsigned i = 0; i < flood; ++i) REQUIRE(client.send("flood"));
  std::size_t handled = 0;
  std::size_t handled_at_turn = 0;
  server.receive([&](std::span<const Packet> packets) {
    if (handled == 0) boost::asio::post(f.loop, [&] { handled_at_turn = handled; });
    handled += packets.size();
  });
  REQUIRE(loop_until(f.loop, [&] { return handled == flood; }));
  CHECK(handled_at_turn == options.budget);
}

TEST_CASE("A peer that is not there is reported, and costs no other packet", "[net][udp]") {
  Fixture f;
  const auto gone = [&] {
    const net::UdpSocket closed_soon{f.loop, kLoopback, f.client_metrics};
    return closed_soon.local();
  }();
  net::UdpSocket socket{f.loop, kLoopback, f.metrics};
  net::UdpSocket alive{f.loop, kLoopback, f.client_metrics};
  std::vector<std::pair<Address, std::error_code>> reports;
  socket.on_unreachable(
      [&](const Address& peer, std::error_code why) { reports.emplace_back(peer, why); });
  socket.receive([](std::span<const Packet>) {});
  unsigned arrived = 0;
  alive.receive(
      [&](std::span<const Packet> packets) { arrived += static_cast<unsigned>(packets.size()); });
  constexpr unsigned rounds = 50;
  for (unsigned i = 0; i < rounds; ++i) {
    socket.send(gone, "anyone?");
    socket.flush();  // one call each: the error of one meets the sending of the next
    socket.send(alive.local(), "hello");
    socket.flush();
  }
  REQUIRE(loop_until(f.loop, [&] { return arrived == rounds && !reports.empty(); }));
  for (const auto& [peer, why] : reports) {
    CHECK(peer == gone);
    CHECK(why == std::errc::connection_refused);
  }
  CHECK(f.metrics.unreachable.Value() >= 1);
  CHECK(f.metrics.send_errors.Value() == 0);
}

TEST_CASE("Errors that nobody was told of leave the loop idle", "[net][udp]") {
  Fixture f;
  const auto gone = [&] {
    const net::UdpSocket closed_soon{f.loop, kLoopback, f.client_metrics};
    return closed_soon.local();
  }();
  net::UdpOptions options;
  options.gather = std::chrono::milliseconds{GENERATE(0, 4)};
  net::UdpSocket socket{f.loop, kLoopback, f.metrics, options};
  const net::UdpSocket alive{f.loop, kLoopback, f.client_metrics};
  socket.receive([](std::span<const Packet>) {});
  unsigned told = 0;
  socket.on_unreachable([&](const Address&, std::error_code) { ++told; });
  // One sendmmsg: the error of the first ends it at the second, as a success of one packet.
  socket.send(gone, "anyone?");
  socket.send(alive.local(), "hello");
  socket.flush();
  f.loop.run_for(std::chrono::milliseconds{50});
  CHECK(told == 1);
  CHECK(f.metrics.unreachable.Value() == 1);
  CHECK(f.loop.run_for(std::chrono::milliseconds{300}) < 20);
}

TEST_CASE("A packet that the kernel refuses is counted, reported and costs no other",
          "[net][udp]") {
  Fixture f;
  net::UdpSocket socket{f.loop, kLoopback, f.metrics};
  net::UdpSocket alive{f.loop, kLoopback, f.client_metrics};
  unsigned arrived = 0;
  alive.receive(
      [&](std::span<const Packet> packets) { arrived += static_cast<unsigned>(packets.size()); });
  std::vector<Address> refused;
  socket.on_unreachable([&](const Address& peer, std::error_code) { refused.push_back(peer); });
  socket.send(alive.local(), "before");
  socket.send(*Address::parse("[2001:db8::1]:5060"), "wrong family");
  socket.send(alive.local(), std::string(65'508, 'z'));  // longer than a datagram can be
  socket.send(alive.local(), "after");
  REQUIRE(loop_until(f.loop, [&] { return arrived == 2 && refused.size() == 2; }));
  CHECK(f.metrics.send_errors.Value() == 2);
  CHECK(refused.front() == *Address::parse("[2001:db8::1]:5060"));
}

TEST_CASE("A handler may close or destroy its socket", "[net][udp]") {
  Fixture f;
  auto server = std::make_unique<net::UdpSocket>(f.loop, kLoopback, f.metrics);
  const auto client = PlainSocket::udp(server->local());
  const bool destroy = GENERATE(false, true);
  unsigned calls = 0;
  server->receive([&](std::span<const Packet> packets) {
    ++calls;
    server->send(packets.front().from, "bye");
    if (destroy) {
      server.reset();
    } else {
      server->close();
      server->send(packets.front().from, "too late");
    }
  });
  REQUIRE(client.send("one"));
  REQUIRE(loop_until(f.loop, [&] { return calls == 1; }));
  CHECK(client.receive() == "bye");  // queued before it was closed
  client.send("two");
  test::loop_ready(f.loop);
  CHECK(calls == 1);
}

TEST_CASE("What is queued when a socket goes is still sent", "[net][udp]") {
  Fixture f;
  net::UdpSocket receiver{f.loop, kLoopback, f.metrics};
  unsigned arrived = 0;
  receiver.receive(
      [&](std::span<const Packet> packets) { arrived += static_cast<unsigned>(packets.size()); });
  {
    net::UdpSocket sender{f.loop, kLoopback, f.client_metrics};
    for (int i = 0; i < 10; ++i) sender.send(receiver.local(), "last words");
  }
  CHECK(loop_until(f.loop, [&] { return arrived == 10; }));
}

TEST_CASE("An address that is not ours is refused with its name", "[net][udp]") {
  Fixture f;
  CHECK_THROWS_WITH((net::UdpSocket{f.loop, *Address::parse("192.0.2.77:5060"), f.metrics}),
                    Catch::Contains("192.0.2.77:5060"));
}
