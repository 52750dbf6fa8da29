#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/stats.hpp"
#include "net/address.hpp"
#include "net/sockets.hpp"
#include "net/udp_receive_batch.hpp"
#include "net/udp_send_queue.hpp"

namespace pbx::bench {

/// The phones' sockets: each is shared by many phones, as behind a NAT. One thread.
class Lines {
 public:
  using OnPacket = std::function<void(unsigned line, const net::Packet& packet)>;

  /// Ports from that of `local` on: a phone has the same contact in each run.
  Lines(const net::Address& local, unsigned count);

  /// Queues; flush() sends.
  void send(unsigned line, const net::Address& to, std::string_view bytes);
  void flush();
  /// Waits until something came or `patience` is over, and hands over what came.
  void receive(Duration patience, const OnPacket& on_packet);

  /// "127.0.0.1:40000", as it stands in Via and Contact.
  const std::string& sent_by(unsigned line) const { return lines_[line].sent_by; }
  unsigned count() const { return static_cast<unsigned>(lines_.size()); }

 private:
  struct Line {
    net::Fd fd;
    std::string sent_by;
    net::UdpSendQueue queue;
  };
  void receive_from(unsigned line, const OnPacket& on_packet);

  std::vector<Line> lines_;
  std::vector<unsigned> unsent_;
  net::UdpReceiveBatch batch_;
  net::Fd poll_;
};

}  // namespace pbx::bench
