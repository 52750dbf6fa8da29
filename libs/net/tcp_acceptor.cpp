#include "net/tcp_acceptor.hpp"

#include <prometheus/counter.h>
#include <sys/socket.h>

#include <cerrno>
#include <chrono>

#include "telemetry/rate_limited.hpp"

namespace pbx::net {

namespace {

constexpr unsigned kBudget = 64;
constexpr std::chrono::milliseconds kPause{100};

/// Failures of one incoming connection, which is gone; the next may be fine (accept(2)).
bool is_passing(int error) {
  return error == EINTR || error == ECONNABORTED || error == EPROTO || error == ENETDOWN ||
         error == ENOPROTOOPT || error == EHOSTDOWN || error == ENONET || error == EHOSTUNREACH ||
         error == EOPNOTSUPP || error == ENETUNREACH;
}

}  // namespace

TcpAcceptor::TcpAcceptor(boost::asio::io_context& loop, Fd listening, OnAccept on_accept,
                         prometheus::Counter& errors, OnExhausted on_exhausted)
    : local_{local_address(listening.get())},
      socket_{loop, listening.release()},
      pause_{loop},
      on_accept_{std::move(on_accept)},
      on_exhausted_{std::move(on_exhausted)},
      errors_{errors} {}

void TcpAcceptor::start() {
  socket_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                     [self = shared_from_this()](boost::system::error_code error) {
                       if (!error && !self->closed_) self->accept_waiting();
                     });
}

void TcpAcceptor::accept_waiting() {
  for (unsigned i = 0; i < kBudget && !closed_; ++i) {
    sockaddr_storage name{};
    socklen_t length = sizeof name;
    Fd fd{::accept4(socket_.native_handle(), reinterpret_cast<sockaddr*>(&name), &length,
                    SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (fd.get() >= 0) {
      tune_connection(fd.get());
      on_accept_(std::move(fd), Address::from_sockaddr(reinterpret_cast<const sockaddr&>(name)));
      continue;
    }
    if (errno == EAGAIN || errno == EWOULDBLOCK) break;
    const auto error = last_error();
    if (is_passing(error.value())) continue;
    errors_.Increment();
    static log::RateLimited report{log::Level::Error, "cannot accept tcp connections", 1};
    report({{"listen", local_.to_string()}, {"error", error}});
    if (error.value() == EMFILE && on_exhausted_) on_exhausted_();
    return pause();
  }
  if (!closed_) start();
}

void TcpAcceptor::pause() {
  pause_.expires_after(kPause);
  pause_.async_wait([self = shared_from_this()](boost::system::error_code error) {
    if (!error && !self->closed_) self->start();
  });
}

void TcpAcceptor::close() {
  closed_ = true;
  boost::system::error_code ignored;
  socket_.close(ignored);
  pause_.cancel();
}

}  // namespace pbx::net
