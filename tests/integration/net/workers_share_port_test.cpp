#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "integration/net/plain_socket.hpp"
#include "integration/net/tcp_fixture.hpp"
#include "net/udp_socket.hpp"

using namespace pbx;
using net::Address;
using net::TcpTransport;
using test::PlainSocket;

namespace {

/// A thread with a loop and one echoing socket of each kind, all made and destroyed on it.
class EchoWorker {
 public:
  EchoWorker(unsigned index, const Address& udp, const Address& tcp, net::UdpMetrics& udp_metrics,
             net::TcpMetrics& tcp_metrics)
      : thread_{[=, this, &udp_metrics, &tcp_metrics] {
          run(index, udp, tcp, udp_metrics, tcp_metrics);
        }} {
    bound_ = made_.get_future().get();
  }
  EchoWorker(const EchoWorker&) = delete;
  EchoWorker& operator=(const EchoWorker&) = delete;
  ~EchoWorker() {
    loop_.stop();
    thread_.join();
  }

  struct Bound {
    Address udp, tcp;
  };
  const Bound& bound() const { return bound_; }

 private:
  void run(unsigned index, const Address& udp, const Address& tcp, net::UdpMetrics& udp_metrics,
           net::TcpMetrics& tcp_metrics) {
    net::UdpSocket socket{loop_, udp, udp_metrics};
    socket.receive([&](std::span<const net::Packet> packets) {
      for (const auto& packet : packets) {
        socket.send(packet.from, std::string{packet.data} + std::to_string(index));
      }
    });
    net::TcpOptions options;
    options.worker = index;
    TcpTransport* self = nullptr;
    TcpTransport::Callbacks callbacks;
    callbacks.on_data = [&](TcpTransport::Id id, const Address&, std::string_view bytes) {
      const auto worker = std::to_string(TcpTransport::worker_of(id));
      // The peer misses an answer that cannot be sent.
      (void)self->send(id, std::string{bytes} + worker);
    };
    TcpTransport transport{loop_, tcp, options, std::move(callbacks), tcp_metrics};
    self = &transport;
    made_.set_value({socket.local(), transport.local()});
    loop_.run();
  }

  boost::asio::io_context loop_{1};
  std::promise<Bound> made_;
  Bound bound_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("A port that workers would share is seen to be taken", "[net]") {
  prometheus::Registry registry;
  net::UdpMetrics udp_metrics{registry, "sip"};
  net::TcpMetrics tcp_metrics{registry, "sip"};
  const auto any = *Address::parse("127.0.0.1:0");
  Address udp, tcp;
  {
    const EchoWorker worker{0, any, any, udp_metrics, tcp_metrics};
    udp = worker.bound().udp;
    tcp = worker.bound().tcp;
    CHECK_THROWS_WITH(net::require_free_udp(udp), Catch::Contains(udp.to_string()));
    CHECK_THROWS_WITH(net::require_free_tcp(tcp), Catch::Contains(tcp.to_string()));
  }
  CHECK_NOTHROW(net::require_free_udp(udp));
  CHECK_NOTHROW(net::require_free_tcp(tcp));
}

TEST_CASE("Workers share one port, and each serves its part of the peers", "[net][threads]") {
  prometheus::Registry registry;
  net::UdpMetrics udp_metrics{registry, "sip"};
  net::TcpMetrics tcp_metrics{registry, "sip"};
  const auto any = *Address::parse("127.0.0.1:0");
  const EchoWorker first{0, any, any, udp_metrics, tcp_metrics};
  const EchoWorker second{1, first.bound().udp, first.bound().tcp, udp_metrics, tcp_metrics};
  REQUIRE(second.bound().udp == first.bound().udp);
  REQUIRE(second.bound().tcp == first.bound().tcp);

  constexpr std::size_t peers = 64;
  const auto served_by = [](const std::vector<PlainSocket>& sockets) {
    std::set<std::string> workers;
    for (const auto& socket : sockets) REQUIRE(socket.send("served by "));
    for (const auto& socket : sockets) workers.insert(socket.receive());
    return workers;
  };
  const std::set<std::string> both{"served by 0", "served by 1"};
  std::vector<PlainSocket> udp;
  std::vector<PlainSocket> tcp;
  for (std::size_t i = 0; i < peers; ++i) {
    udp.push_back(PlainSocket::udp(first.bound().udp));
    tcp.push_back(PlainSocket::tcp(first.bound().tcp));
  }
  CHECK(served_by(udp) == both);
  CHECK(served_by(tcp) == both);
  CHECK(tcp_metrics.accepted.Value() == peers);
  CHECK(udp_metrics.received_packets.Value() == peers);
}
