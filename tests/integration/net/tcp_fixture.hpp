#pragma once

#include <prometheus/registry.h>

#include <boost/asio/io_context.hpp>
#include <map>
#include <string>
#include <system_error>
#include <vector>

#include "net/metrics.hpp"
#include "net/tcp_transport.hpp"

namespace pbx::test {

inline const net::Address kLoopback = *net::Address::parse("127.0.0.1:0");

/// A transport that writes down what it is told.
struct Recorded {
  using Id = net::TcpTransport::Id;

  Recorded(boost::asio::io_context& loop, const net::Address& listen, net::TcpMetrics& metrics,
           net::TcpOptions options = {})
      : transport{loop, listen, options, callbacks(), metrics} {}

  net::TcpTransport::Callbacks callbacks() {
    net::TcpTransport::Callbacks made;
    made.on_data = [this](Id id, const net::Address& peer, std::string_view bytes) {
      data[id] += bytes;
      total += bytes.size();
      if (on_data) on_data(id, peer, bytes);
    };
    made.on_closed = [this](Id id, std::error_code why) { closed[id].push_back(why); };
    made.on_accepted = [this](Id id, const net::Address&) { accepted.push_back(id); };
    return made;
  }

  std::map<Id, std::string> data;
  std::size_t total = 0;
  std::map<Id, std::vector<std::error_code>> closed;
  std::vector<Id> accepted;
  std::function<void(Id, const net::Address&, std::string_view)> on_data;
  net::TcpTransport transport;
};

struct TcpFixture {
  boost::asio::io_context loop{1};
  prometheus::Registry registry;
  net::TcpMetrics metrics{registry, "server"};
  net::TcpMetrics client_metrics{registry, "client"};
};

}  // namespace pbx::test
