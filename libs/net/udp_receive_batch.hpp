#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <system_error>
#include <vector>

#include "net/udp_socket.hpp"

namespace pbx::net {

/// Buffers for one recvmmsg call, allocated once.
class UdpReceiveBatch {
 public:
  UdpReceiveBatch(unsigned packets, std::size_t max_packet);

  struct Received {
    std::span<const Packet> packets;
    unsigned calls_filled = 0;  ///< Messages that the kernel gave, truncated ones included.
    unsigned truncated = 0;
    std::error_code error;  ///< EAGAIN too.
  };
  /// One non-blocking call.
  Received receive(int fd);
  /// Packets that the kernel has dropped since this was last asked, as far as it has told.
  std::uint32_t take_kernel_drops();
  unsigned capacity() const { return static_cast<unsigned>(messages_.size()); }

 private:
  void prepare();
  void read_drop_count(msghdr& header);

  static constexpr std::size_t kControlBytes = CMSG_SPACE(sizeof(std::uint32_t));
  struct alignas(cmsghdr) Control {
    std::array<char, kControlBytes> bytes;
  };

  const std::size_t max_packet_;
  const std::size_t stride_;
  std::unique_ptr<char[]> buffer_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> parts_;
  std::vector<sockaddr_storage> names_;
  std::vector<Control> controls_;
  std::vector<Packet> packets_;
  std::uint32_t drops_seen_ = 0;
  std::uint32_t drops_taken_ = 0;
};

}  // namespace pbx::net
