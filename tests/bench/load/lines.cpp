#include "load/lines.hpp"

#include <sys/epoll.h>

#include <array>
#include <span>
#include <stdexcept>

namespace pbx::bench {
namespace {

constexpr unsigned kBatch = 64;
constexpr std::size_t kMaxPacket = 4096;
constexpr std::size_t kMaxQueued = 16'384;
constexpr int kSocketBuffer = 4 * 1024 * 1024;

timespec to_timespec(Duration time) {
  const auto ns = std::chrono::nanoseconds{time}.count();
  return {ns / 1'000'000'000, ns % 1'000'000'000};
}

}  // namespace

Lines::Lines(const net::Address& local, unsigned count)
    : batch_{kBatch, kMaxPacket}, poll_{::epoll_create1(EPOLL_CLOEXEC)} {
  for (unsigned i = 0; i < count; ++i) {
    const auto port = static_cast<std::uint16_t>(local.port() + i);
    auto fd = net::bind_udp(local.with_port(port), net::Port::Alone);
    net::set_receive_buffer(fd.get(), kSocketBuffer);
    net::set_send_buffer(fd.get(), kSocketBuffer);
    epoll_event interest{.events = EPOLLIN, .data = {.u32 = i}};
    if (::epoll_ctl(poll_.get(), EPOLL_CTL_ADD, fd.get(), &interest) != 0) {
      throw std::runtime_error{"epoll takes no socket"};
    }
    auto sent_by = net::local_address(fd.get()).to_string();
    lines_.push_back({std::move(fd), std::move(sent_by), {kBatch, kMaxQueued}});
  }
}

void Lines::send(unsigned line, const net::Address& to, std::string_view bytes) {
  auto& queue = lines_[line].queue;
  if (queue.empty()) unsent_.push_back(line);
  queue.push(to, std::span{&bytes, 1});
}

void Lines::flush() {
  for (const auto line : unsent_) {
    auto& [fd, sent_by, queue] = lines_[line];
    while (!queue.empty()) {
      if (queue.send(fd.get()).error) queue.drop_first();  // lost, as on a network
    }
  }
  unsent_.clear();
}

void Lines::receive(Duration patience, const OnPacket& on_packet) {
  std::array<epoll_event, 64> ready;
  const auto timeout = to_timespec(patience);
  const int count =
      ::epoll_pwait2(poll_.get(), ready.data(), static_cast<int>(ready.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) receive_from(ready[i].data.u32, on_packet);
}

void Lines::receive_from(unsigned line, const OnPacket& on_packet) {
  const auto received = batch_.receive(lines_[line].fd.get());
  for (const auto& packet : received.packets) on_packet(line, packet);
}

}  // namespace pbx::bench
