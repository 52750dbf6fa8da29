#include "net/udp_send_queue.hpp"

#include <algorithm>

#include "net/sockets.hpp"

namespace pbx::net {

namespace {

constexpr std::size_t kKeepBytes = 1024 * 1024;
constexpr std::size_t kUsualPacket = 2048;

}  // namespace

UdpSendQueue::UdpSendQueue(unsigned batch, std::size_t max_queued)
    : max_queued_{max_queued}, messages_(batch), parts_(batch), names_(batch) {
  entries_.reserve(2 * batch);
  bytes_.reserve(batch * kUsualPacket);
  for (unsigned i = 0; i < batch; ++i) {
    auto& header = messages_[i].msg_hdr;
    header.msg_name = &names_[i];
    header.msg_iov = &parts_[i];
    header.msg_iovlen = 1;
  }
}

bool UdpSendQueue::push(const Address& to, std::span<const std::string_view> parts) {
  if (size() >= max_queued_ || bytes_.size() >= max_queued_ * kUsualPacket) return false;
  const auto offset = bytes_.size();
  for (const auto part : parts) bytes_ += part;
  entries_.push_back({offset, bytes_.size() - offset, to});
  return true;
}

UdpSendQueue::Sent UdpSendQueue::send(int fd) {
  const auto count = std::min(size(), messages_.size());
  for (std::size_t i = 0; i < count; ++i) {
    const auto& entry = entries_[head_ + i];
    parts_[i] = {bytes_.data() + entry.offset, entry.length};
    messages_[i].msg_hdr.msg_namelen = entry.to.to_sockaddr(names_[i]);
  }
  Sent sent;
  const int taken =
      ::sendmmsg(fd, messages_.data(), static_cast<unsigned>(count), MSG_DONTWAIT | MSG_NOSIGNAL);
  if (taken < 0) {
    sent.error = last_error();
    return sent;
  }
  sent.packets = static_cast<unsigned>(taken);
  for (unsigned i = 0; i < sent.packets; ++i) sent.bytes += parts_[i].iov_len;
  head_ += sent.packets;
  compact();
  return sent;
}

void UdpSendQueue::drop_first() {
  ++head_;
  compact();
}

void UdpSendQueue::compact() {
  if (empty()) {
    entries_.clear();
    head_ = 0;
    bytes_.clear();
    if (bytes_.capacity() > kKeepBytes) bytes_.shrink_to_fit();
    return;
  }
  if (head_ < 1024 || head_ < size()) return;
  const auto cut = entries_[head_].offset;
  entries_.erase(entries_.begin(), entries_.begin() + static_cast<std::ptrdiff_t>(head_));
  head_ = 0;
  bytes_.erase(0, cut);
  for (auto& entry : entries_) entry.offset -= cut;
}

}  // namespace pbx::net
