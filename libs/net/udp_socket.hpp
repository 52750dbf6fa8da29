#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string_view>
#include <system_error>

#include "net/address.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::net {

struct UdpMetrics;

struct Packet {
  std::string_view data;
  Address from;

  /// The same bytes, which are the receiver's to change until its handler returns.
  std::span<char> writable() const { return {const_cast<char*>(data.data()), data.size()}; }
};

struct UdpOptions {
  int receive_buffer = 4 * 1024 * 1024;  ///< SO_RCVBUF; above the system's limit if we may.
  int send_buffer = 4 * 1024 * 1024;
  unsigned batch = 64;                  ///< Packets a system call.
  unsigned budget = 512;                ///< Packets a wake-up; then timers and TCP have their turn.
  std::size_t max_packet = 65'535;      ///< Longer ones are dropped and counted.
  std::size_t max_queued = 8'192;       ///< Packets that wait for the kernel to take them.
  std::chrono::microseconds gather{0};  ///< The longest that packets wait to be read together.
  unsigned gather_packets = 8;          ///< So many together are enough: then they wait less.
  bool floating = false;                ///< The address may not be this machine's yet.
};

/// What no datagram holds more than, whatever the path (IPv4; RFC 768).
inline constexpr std::size_t kLargestDatagram = 65'507;

/// One worker's UDP socket of a listener; the kernel spreads peers over the workers
/// (SO_REUSEPORT). Used from the thread of its loop only. Packets are received by recvmmsg into
/// buffers that are allocated once; what is sent in one turn of the loop leaves by sendmmsg.
class UdpSocket {
 public:
  /// All packets of one recvmmsg call; the bytes are valid until the handler returns.
  using OnPackets = std::function<void(std::span<const Packet>)>;
  /// A packet to `peer` could not be delivered: ICMP came back, or the kernel has no way there.
  using OnUnreachable = std::function<void(const Address& peer, std::error_code why)>;

  /// Binds. Port 0 takes a free one. Throws std::system_error that names the address.
  UdpSocket(boost::asio::io_context& loop, const Address& listen, UdpMetrics& metrics,
            UdpOptions options = {});
  UdpSocket(const UdpSocket&) = delete;
  UdpSocket& operator=(const UdpSocket&) = delete;
  /// Sends what is queued, as far as the kernel takes it, and closes.
  ~UdpSocket();

  const Address& local() const;
  /// Starts receiving. Call once.
  void receive(OnPackets on_packets);
  void on_unreachable(OnUnreachable on_unreachable);
  /// For how long packets have been waiting without the queue having been seen empty. 0: none wait.
  std::chrono::milliseconds backlog() const;

  /// Copies into the send queue. UDP gives no promise: a full queue drops and counts.
  void send(const Address& to, std::string_view bytes);
  /// One packet from several parts.
  void send(const Address& to, std::span<const std::string_view> parts);
  /// Sends what is queued now instead of at the end of this turn.
  void flush();
  /// Queued packets are sent as far as the kernel takes them; no handler runs after this.
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::net
