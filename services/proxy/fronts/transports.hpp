#pragma once

#include <boost/asio/io_context.hpp>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/end_of_turn.hpp"
#include "net/tcp_transport.hpp"
#include "net/udp_socket.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/wire.hpp"
#include "proxy/fronts/kept_streams.hpp"
#include "proxy/fronts/switchboard.hpp"
#include "proxy/fronts/tcp_streams.hpp"

namespace pbx::net {
class TcpSources;
struct TcpMetrics;
struct UdpMetrics;
}  // namespace pbx::net

namespace pbx::proxy {

net::Address to_address(const Endpoint& endpoint);
Endpoint to_endpoint(const net::Address& address);
/// Throws std::system_error when another process has one of them: the workers, who share theirs,
/// would not notice, and it would quietly get half of the phones.
void require_free(const Addresses& addresses);

/// One worker's sockets: a UDP socket or TCP transport for each listener. Sends for the layers
/// above, over other workers' connections too.
class Transports final : public Wire {
 public:
  struct Handlers {
    /// A whole message, from a datagram or a stream. True: it is valid SIP.
    std::function<bool(std::string_view bytes, const Flow& flow)> on_message;
    /// What is left of a stream that makes no sense.
    std::function<void(std::string_view bytes, const Flow& flow, std::error_code why)> on_garbage;
    std::function<void(std::uint64_t report_to)> on_unsent;
    std::function<void(ConnectionId)> on_closed;
    /// A datagram to `peer` could not be delivered: ICMP said so, or there is no way. May be empty.
    std::function<void(const Endpoint& peer)> on_unreachable;
    /// Before a batch of datagrams: for how long there have been some waiting without a pause.
    std::function<void(std::chrono::milliseconds)> on_backlog;
  };

  Transports(boost::asio::io_context& loop, const Node& node, Trays& trays,
             net::UdpMetrics& udp_metrics, net::TcpMetrics& tcp_metrics,
             net::TcpSources& tcp_sources);
  ~Transports() override;

  /// Opens the sockets. Throws std::system_error.
  void open(Handlers handlers);
  /// Datagrams wait in the socket until this is called; then, or again, they are taken.
  void receive();
  void send(const Flow& flow, std::string_view bytes, std::uint64_t report_to = 0) override;
  bool is_gone(const Flow& flow) const override;
  void registered(const Flow& flow, std::uint64_t user) override;
  /// Another worker's wish, or the word that ours could not be fulfilled.
  void on_parcel(Parcel parcel);
  /// Closes streams that began a message so long ago and have not finished it.
  void close_slow_streams(std::chrono::milliseconds age);
  /// Of messages that have begun and are not whole yet.
  std::size_t stream_bytes() const;
  /// Accepts no new connection.
  void stop_listening();

 private:
  struct Socket {
    std::unique_ptr<net::UdpSocket> udp;
    std::unique_ptr<net::TcpTransport> tcp;
    std::unique_ptr<TcpStreams> streams;
  };

  void open_udp(std::uint8_t listener);
  void open_tcp(std::uint8_t listener);
  void send_stream(Parcel parcel);
  void connect(net::TcpTransport& tcp, Parcel parcel);
  void on_connected(net::TcpTransport::Id id, bool success);
  void on_closed(TcpStreams& streams, net::TcpTransport::Id id);
  void not_sent(std::uint16_t origin, std::uint64_t report_to);

  boost::asio::io_context& loop_;
  const Node& node_;
  Trays& trays_;
  net::UdpMetrics& udp_metrics_;
  net::TcpMetrics& tcp_metrics_;
  net::TcpSources& tcp_sources_;
  Handlers handlers_;
  std::vector<Socket> sockets_;  ///< By listener.
  KeptStreams kept_;
  bool receiving_ = false;
  std::vector<std::uint64_t> unsent_;
  /// What was sent over connections that are being made: origin and whom to tell.
  std::unordered_map<net::TcpTransport::Id, std::vector<std::pair<std::uint16_t, std::uint64_t>>>
      connecting_;
  net::EndOfTurn report_;
};

}  // namespace pbx::proxy
