#include "net/udp_receive_batch.hpp"

#include <cstring>

#include "net/sockets.hpp"

namespace pbx::net {

namespace {

/// Neighbouring buffers begin at different places of a page: the headers of 64 packets would
/// otherwise compete for the same few lines of the first-level cache.
std::size_t stride_for(std::size_t max_packet) {
  constexpr std::size_t page = 4096;
  return (max_packet + page) / page * page + 17 * 64;
}

}  // namespace

UdpReceiveBatch::UdpReceiveBatch(unsigned packets, std::size_t max_packet)
    : max_packet_{max_packet},
      stride_{stride_for(max_packet)},
      buffer_{std::make_unique_for_overwrite<char[]>(packets * stride_)},
      messages_(packets),
      parts_(packets),
      names_(packets),
      controls_(packets) {
  packets_.reserve(packets);
  for (unsigned i = 0; i < packets; ++i) {
    parts_[i] = {buffer_.get() + i * stride_, max_packet_};
    auto& header = messages_[i].msg_hdr;
    header.msg_name = &names_[i];
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
    header.msg_control = controls_[i].bytes.data();
  }
  prepare();
}

void UdpReceiveBatch::prepare() {
  for (auto& message : messages_) {
    message.msg_hdr.msg_namelen = sizeof(sockaddr_storage);
    message.msg_hdr.msg_controllen = kControlBytes;
  }
}

UdpReceiveBatch::Received UdpReceiveBatch::receive(int fd) {
  packets_.clear();
  Received result;
  const int count = ::recvmmsg(fd, messages_.data(), capacity(), MSG_DONTWAIT, nullptr);
  if (count < 0) {
    result.error = last_error();
    return result;
  }
  result.calls_filled = static_cast<unsigned>(count);
  for (unsigned i = 0; i < result.calls_filled; ++i) {
    auto& header = messages_[i].msg_hdr;
    if (header.msg_controllen > 0) read_drop_count(header);
    header.msg_controllen = kControlBytes;
    header.msg_namelen = sizeof(sockaddr_storage);
    if ((header.msg_flags & MSG_TRUNC) != 0) {
      ++result.truncated;
      continue;
    }
    packets_.push_back({{static_cast<const char*>(parts_[i].iov_base), messages_[i].msg_len},
                        Address::from_sockaddr(reinterpret_cast<const sockaddr&>(names_[i]))});
  }
  result.packets = packets_;
  return result;
}

void UdpReceiveBatch::read_drop_count(msghdr& header) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SO_RXQ_OVFL) continue;
    std::memcpy(&drops_seen_, CMSG_DATA(part), sizeof drops_seen_);
  }
}

std::uint32_t UdpReceiveBatch::take_kernel_drops() {
  return drops_seen_ - std::exchange(drops_taken_, drops_seen_);
}

}  // namespace pbx::net
