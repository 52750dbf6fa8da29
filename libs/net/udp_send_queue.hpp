#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "net/address.hpp"

namespace pbx::net {

/// Packets on their way to the kernel, in order. Memory is kept and used again.
class UdpSendQueue {
 public:
  UdpSendQueue(unsigned batch, std::size_t max_queued);

  /// False when it is full.
  bool push(const Address& to, std::span<const std::string_view> parts);
  bool empty() const { return head_ == entries_.size(); }
  std::size_t size() const { return entries_.size() - head_; }

  struct Sent {
    unsigned packets = 0;
    std::size_t bytes = 0;
    std::error_code error;  ///< Of the packet now at the head; EAGAIN: the kernel is full.
  };
  /// One sendmmsg call with up to `batch` packets.
  Sent send(int fd);
  /// Gives up the packet at the head.
  void drop_first();
  const Address& first() const { return entries_[head_].to; }

 private:
  struct Entry {
    std::size_t offset;
    std::size_t length;
    Address to;
  };
  void compact();

  const std::size_t max_queued_;
  std::vector<Entry> entries_;
  std::size_t head_ = 0;
  std::string bytes_;
  std::vector<mmsghdr> messages_;
  std::vector<iovec> parts_;
  std::vector<sockaddr_storage> names_;
};

}  // namespace pbx::net
