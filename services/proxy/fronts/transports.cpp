#include "proxy/fronts/transports.hpp"

#include <algorithm>
#include <utility>

#include "net/metrics.hpp"
#include "net/sockets.hpp"

namespace pbx::proxy {

net::Address to_address(const Endpoint& endpoint) {
  if (endpoint.v6) return net::Address::v6(endpoint.ip, endpoint.port);
  return net::Address::v4({endpoint.ip[0], endpoint.ip[1], endpoint.ip[2], endpoint.ip[3]},
                          endpoint.port);
}

void require_free(const Addresses& addresses) {
  for (const auto& listener : addresses) {
    const auto address = to_address(listener.bind);
    const auto presence = listener.floating ? net::Presence::Floating : net::Presence::Here;
    listener.transport == sip::Transport::Udp ? net::require_free_udp(address, presence)
                                              : net::require_free_tcp(address, presence);
  }
}

Endpoint to_endpoint(const net::Address& address) {
  Endpoint endpoint;
  const auto bytes = address.ip_bytes();
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(endpoint.ip.data()));
  endpoint.v6 = address.is_v6();
  endpoint.port = address.port();
  return endpoint;
}

namespace {

/// A phone that has closed its side may still wait for answers, but it takes no calls.
bool deliver(net::TcpTransport& tcp, net::TcpTransport::Id connection, std::string_view bytes) {
  const bool answer = bytes.starts_with("SIP/");
  if (!answer && !tcp.peer_listens(connection)) return false;
  return static_cast<bool>(tcp.send(connection, bytes));
}

}  // namespace

Transports::Transports(boost::asio::io_context& loop, const Node& node, Trays& trays,
                       net::UdpMetrics& udp_metrics, net::TcpMetrics& tcp_metrics,
                       net::TcpSources& tcp_sources)
    : loop_{loop},
      node_{node},
      trays_{trays},
      udp_metrics_{udp_metrics},
      tcp_metrics_{tcp_metrics},
      tcp_sources_{tcp_sources},
      report_{loop, [this] {
                for (const auto report_to : std::exchange(unsent_, {}))
                  handlers_.on_unsent(report_to);
              }} {}

Transports::~Transports() = default;

void Transports::open(Handlers handlers) {
  handlers_ = std::move(handlers);
  sockets_.resize(node_.addresses.size());
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    const auto listener = static_cast<std::uint8_t>(i);
    node_.addresses[i].transport == sip::Transport::Udp ? open_udp(listener) : open_tcp(listener);
  }
}

void Transports::open_udp(std::uint8_t listener) {
  auto& udp = sockets_[listener].udp;
  net::UdpOptions options;
  options.gather = node_.settings.udp_gather;
  options.floating = node_.addresses[listener].floating;
  udp = std::make_unique<net::UdpSocket>(loop_, to_address(node_.addresses[listener].bind),
                                         udp_metrics_, options);
  if (!handlers_.on_unreachable) return;
  udp->on_unreachable([this](const net::Address& peer, std::error_code) {
    handlers_.on_unreachable(to_endpoint(peer));
  });
}

void Transports::receive() {
  if (std::exchange(receiving_, true)) return;
  for (std::size_t i = 0; i < sockets_.size(); ++i) {
    auto* udp = sockets_[i].udp.get();
    if (udp == nullptr) continue;
    const auto listener = static_cast<std::uint8_t>(i);
    udp->receive([this, udp, listener](std::span<const net::Packet> packets) {
      handlers_.on_backlog(udp->backlog());
      for (const auto& packet : packets) {
        handlers_.on_message(packet.data,
                             {sip::Transport::Udp, listener, to_endpoint(packet.from), 0});
      }
    });
  }
}

void Transports::open_tcp(std::uint8_t listener) {
  auto& socket = sockets_[listener];
  socket.streams = std::make_unique<TcpStreams>(
      node_, listener, TcpStreams::Callbacks{handlers_.on_message, handlers_.on_garbage});
  net::TcpOptions options;
  options.worker = node_.worker;
  options.idle = node_.settings.tcp_idle;
  options.first_request = node_.settings.tcp_first_request;
  options.max_connections = node_.settings.max_tcp;
  options.sources = &tcp_sources_;
  options.floating = node_.addresses[listener].floating;
  auto& streams = *socket.streams;
  socket.tcp = std::make_unique<net::TcpTransport>(
      loop_, to_address(node_.addresses[listener].bind), options,
      net::TcpTransport::Callbacks{
          [this, &streams, listener](net::TcpTransport::Id id, const net::Address& peer,
                                     std::string_view bytes) {
            streams.on_data(*sockets_[listener].tcp, id, to_endpoint(peer), bytes,
                            node_.clock.steady());
          },
          [this, &streams](net::TcpTransport::Id id, std::error_code) { on_closed(streams, id); },
          {}},
      tcp_metrics_);
}

std::size_t Transports::stream_bytes() const {
  std::size_t sum = 0;
  for (const auto& socket : sockets_) {
    if (socket.streams) sum += socket.streams->held();
  }
  return sum;
}

void Transports::close_slow_streams(std::chrono::milliseconds age) {
  for (auto& socket : sockets_) {
    if (socket.tcp) socket.streams->close_slow(*socket.tcp, node_.clock.steady() - age);
  }
}

void Transports::stop_listening() {
  for (auto& socket : sockets_) {
    if (socket.tcp) socket.tcp->stop_listening();
  }
}

void Transports::send(const Flow& flow, std::string_view bytes, std::uint64_t report_to) {
  auto& socket = sockets_[flow.listener];
  if (socket.udp) {
    if (bytes.size() > net::kLargestDatagram) return not_sent(node_.worker, report_to);
    return socket.udp->send(to_address(flow.remote), bytes);
  }
  if (flow.connection != 0 && net::TcpTransport::worker_of(flow.connection) == node_.worker) {
    if (!deliver(*socket.tcp, flow.connection, bytes)) not_sent(node_.worker, report_to);
    return;
  }
  send_stream({Parcel::Kind::Send, node_.worker, 1, flow, report_to, std::string{bytes}});
}

bool Transports::is_gone(const Flow& flow) const {
  const auto& socket = sockets_[flow.listener];
  const bool ours = net::TcpTransport::worker_of(flow.connection) == node_.worker;
  return socket.tcp && ours && !socket.tcp->peer_listens(flow.connection);
}

void Transports::registered(const Flow& flow, std::uint64_t user) {
  if (!sockets_[flow.listener].tcp) return;
  sockets_[flow.listener].tcp->raise(flow.connection, net::TcpRank::Kept);
  const auto lowered = kept_.keep(user, flow.connection);
  if (!lowered) return;
  for (auto& socket : sockets_) {  // only one knows it
    if (socket.tcp) socket.tcp->lower(*lowered);
  }
}

/// Over a connection that another worker may hold, or over a new one.
void Transports::send_stream(Parcel parcel) {
  if (parcel.flow.connection != 0) {
    const unsigned holder = net::TcpTransport::worker_of(parcel.flow.connection);
    if (holder != node_.worker) {
      if (holder >= trays_.workers()) return not_sent(parcel.origin, parcel.report_to);
      return trays_.put(holder, std::move(parcel));
    }
    auto& tcp = *sockets_[parcel.flow.listener].tcp;
    if (!deliver(tcp, parcel.flow.connection, parcel.bytes)) {
      not_sent(parcel.origin, parcel.report_to);
    }
    return;
  }
  auto& tcp = *sockets_[parcel.flow.listener].tcp;
  if (const auto known = tcp.find(to_address(parcel.flow.remote))) {
    if (tcp.send(*known, parcel.bytes)) {
      const auto waiting = connecting_.find(*known);
      if (waiting != connecting_.end()) {
        waiting->second.emplace_back(parcel.origin, parcel.report_to);
      }
      return;
    }
  }
  if (parcel.asked < trays_.workers()) {
    ++parcel.asked;
    return trays_.put(trays_.next_after(node_.worker), std::move(parcel));
  }
  if (parcel.flow.known_only) return not_sent(parcel.origin, parcel.report_to);
  connect(tcp, std::move(parcel));
}

void Transports::connect(net::TcpTransport& tcp, Parcel parcel) {
  auto id = std::make_shared<net::TcpTransport::Id>(0);
  const auto made = tcp.connect(
      to_address(parcel.flow.remote),
      [this, id](const Result<>& connected) { on_connected(*id, static_cast<bool>(connected)); });
  if (!made || !tcp.send(*made, parcel.bytes)) return not_sent(parcel.origin, parcel.report_to);
  *id = *made;
  connecting_[*made].emplace_back(parcel.origin, parcel.report_to);
}

void Transports::on_connected(net::TcpTransport::Id id, bool success) {
  const auto waiting = connecting_.extract(id);
  if (waiting.empty() || success) return;
  for (const auto& [origin, report_to] : waiting.mapped()) not_sent(origin, report_to);
}

void Transports::on_closed(TcpStreams& streams, net::TcpTransport::Id id) {
  streams.on_closed(id);
  kept_.forget(id);
  handlers_.on_closed(id);
  for (unsigned worker = 0; worker < trays_.workers(); ++worker) {
    if (worker == node_.worker) continue;
    Parcel word;
    word.kind = Parcel::Kind::Closed;
    word.flow.connection = id;
    trays_.put(worker, std::move(word));
  }
}

void Transports::not_sent(std::uint16_t origin, std::uint64_t report_to) {
  if (report_to == 0) return;
  if (origin != node_.worker) {
    Parcel word;
    word.kind = Parcel::Kind::Unsent;
    word.report_to = report_to;
    return trays_.put(origin, std::move(word));
  }
  unsent_.push_back(report_to);
  report_.arm();
}

void Transports::on_parcel(Parcel parcel) {
  if (parcel.kind == Parcel::Kind::Unsent) return not_sent(node_.worker, parcel.report_to);
  if (parcel.kind == Parcel::Kind::Closed) return handlers_.on_closed(parcel.flow.connection);
  send_stream(std::move(parcel));
}

}  // namespace pbx::proxy
