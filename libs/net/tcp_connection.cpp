#include "net/tcp_connection.hpp"

#include <sys/socket.h>

#include <cerrno>

namespace pbx::net {

namespace {

constexpr std::size_t kKeepBytes = 16 * 1024;

}  // namespace

TcpConnection::FlushOutcome TcpConnection::flush() {
  FlushOutcome outcome;
  while (queued() > 0) {
    const auto written =
        ::send(socket.native_handle(), out_.data() + sent_, queued(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (written >= 0) {
      sent_ += static_cast<std::size_t>(written);
      outcome.bytes += static_cast<std::size_t>(written);
      continue;
    }
    if (errno == EINTR) continue;
    outcome.error = last_error();
    break;
  }
  if (queued() == 0) {
    out_.clear();
    if (out_.capacity() > kKeepBytes) out_.shrink_to_fit();
    sent_ = 0;
    return outcome;
  }
  if (sent_ > queued()) {
    out_.erase(0, sent_);
    sent_ = 0;
  }
  const bool full = outcome.error.value() == EAGAIN || outcome.error.value() == EWOULDBLOCK;
  outcome.flushed = full ? Flushed::Some : Flushed::Failed;
  return outcome;
}

void TcpConnection::shut_down() { ::shutdown(socket.native_handle(), SHUT_WR); }

void TcpConnection::close_socket() {
  boost::system::error_code ignored;
  socket.close(ignored);
}

}  // namespace pbx::net
