#include "rpc/detail/acceptor.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <utility>

namespace pbx::rpc::detail {
namespace {

constexpr int kPauseMs = 100;
constexpr std::string_view kPeerPrefix = "fd:";

}  // namespace

Acceptor::Acceptor(const net::Address& listen, std::size_t most, prometheus::Counter& refused,
                   Take take)
    : most_{most},
      refused_{refused},
      take_{std::move(take)},
      listening_{net::listen_tcp(listen, net::Port::Alone)},
      wake_{eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)} {
  thread_ = std::jthread{[this](const std::stop_token& stop) { run(stop); }};
}

Acceptor::~Acceptor() { stop(); }

void Acceptor::stop() {
  thread_.request_stop();
  const std::uint64_t one = 1;
  static_cast<void>(write(wake_.get(), &one, sizeof one));
  if (thread_.joinable()) thread_.join();
}

void Acceptor::run(const std::stop_token& stop) {
  pthread_setname_np(pthread_self(), "grpc-accept");
  std::vector<pollfd> watched;
  while (!stop.stop_requested()) {
    watched.assign({{wake_.get(), POLLIN, 0}, {listening_.get(), POLLIN, 0}});
    if (pause_) watched[1].events = 0;
    for (const auto& one : connections_) watched.push_back({one.held.get(), POLLRDHUP, 0});
    poll(watched.data(), watched.size(), pause_ ? kPauseMs : -1);
    pause_ = false;
    drop_closed(std::span{watched}.subspan(2));
    accept_all();
  }
}

/// `states`: of each connection, in their order.
void Acceptor::drop_closed(std::span<const pollfd> states) {
  const std::lock_guard lock{mutex_};
  auto state = states.begin();
  std::erase_if(connections_, [&](const Connection&) { return (state++)->revents != 0; });
}

void Acceptor::accept_all() {
  for (;;) {
    net::Fd accepted{accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK)};
    if (accepted.get() >= 0) {
      take(std::move(accepted));
      continue;
    }
    if (errno == EINTR || errno == ECONNABORTED) continue;
    pause_ = errno != EAGAIN && errno != EWOULDBLOCK;
    // Nobody may be left waiting because others have taken all descriptors of the process.
    if (pause_ && make_room()) refused_.Increment();
    return;
  }
}

/// False: all have proved who they are.
bool Acceptor::make_room() {
  const std::lock_guard lock{mutex_};
  const auto oldest = std::find_if(connections_.begin(), connections_.end(),
                                   [](const Connection& one) { return !one.trusted; });
  if (oldest == connections_.end()) return false;
  shutdown(oldest->held.get(), SHUT_RDWR);  // gRPC closes it then
  connections_.erase(oldest);
  return true;
}

void Acceptor::take(net::Fd accepted) {
  if (connections_.size() >= most_) {
    refused_.Increment();
    if (!make_room()) return;
  }
  net::Fd held{fcntl(accepted.get(), F_DUPFD_CLOEXEC, 0)};
  if (held.get() < 0) {
    refused_.Increment();
    return;
  }
  net::tune_connection(accepted.get());
  const int fd = accepted.release();
  {
    const std::lock_guard lock{mutex_};
    connections_.push_back({fd, std::move(held), false});
  }
  take_(fd);
}

void Acceptor::trust(std::string_view peer) {
  if (!peer.starts_with(kPeerPrefix)) return;
  int fd = -1;
  const auto digits = peer.substr(kPeerPrefix.size());
  std::from_chars(digits.data(), digits.data() + digits.size(), fd);
  const std::lock_guard lock{mutex_};
  // The youngest: the number of one that is closed may be another's now.
  const auto found = std::find_if(connections_.rbegin(), connections_.rend(),
                                  [fd](const Connection& one) { return one.fd == fd; });
  if (found != connections_.rend()) found->trusted = true;
}

}  // namespace pbx::rpc::detail
