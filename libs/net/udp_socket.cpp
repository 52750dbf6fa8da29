#include "net/udp_socket.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <cerrno>
#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "net/end_of_turn.hpp"
#include "net/gathering.hpp"
#include "net/metrics.hpp"
#include "net/readiness.hpp"
#include "net/sockets.hpp"
#include "net/udp_error_queue.hpp"
#include "net/udp_receive_batch.hpp"
#include "net/udp_send_queue.hpp"

namespace pbx::net {

namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

namespace {

bool would_block(std::error_code error) {
  return error.value() == EAGAIN || error.value() == EWOULDBLOCK;
}

}  // namespace

class UdpSocket::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& loop, Fd fd, UdpMetrics& metrics, const UdpOptions& options)
      : options_{options},
        metrics_{metrics},
        fd_{std::move(fd)},
        local_{local_address(fd_.get())},
        batch_{options.batch, options.max_packet},
        queue_{options.batch, options.max_queued},
        readable_{loop, fd_.get(), EPOLLIN},
        writable_{loop, fd_.get(), EPOLLOUT},
        gathering_{options.gather, options.gather_packets},
        pause_{loop},
        end_of_turn_{loop, [this] { finish_turn(); }} {}

  const Address& local() const { return local_; }

  void receive(OnPackets on_packets) {
    on_packets_ = std::move(on_packets);
    wait_readable();
  }

  void on_unreachable(OnUnreachable handler) { on_unreachable_ = std::move(handler); }

  std::chrono::milliseconds backlog() const {
    if (!full_since_) return {};
    return std::chrono::duration_cast<std::chrono::milliseconds>(Steady::now() - *full_since_);
  }

  void send(const Address& to, std::span<const std::string_view> parts) {
    if (closed_) return;
    if (!queue_.push(to, parts)) {
      metrics_.send_queue_full.Increment();
      return;
    }
    if (waiting_writable_) return;
    // A full batch gains nothing from waiting.
    if (queue_.size() >= options_.batch) {
      flush();
    } else {
      end_of_turn_.arm();
    }
  }

  void flush() {
    if (closed_ || waiting_writable_) return;
    send_queued();
    if (!queue_.empty()) wait_writable();
  }

  void close() {
    if (closed_) return;
    if (!waiting_writable_) send_queued();
    closed_ = true;
    pause_.cancel();
    readable_.close();
    writable_.close();
    fd_ = Fd{};
    if (!dispatching_) forget_handlers();
  }

 private:
  void wait_readable() {
    readable_.wait([self = shared_from_this()] {
      if (!self->closed_) self->read_when_due();
    });
  }

  void wait_writable() {
    waiting_writable_ = true;
    writable_.wait([self = shared_from_this()] {
      self->waiting_writable_ = false;
      self->flush();
    });
  }

  void read_when_due() { gathering_.next() > Steady::now() ? wait_out_pause() : drain(); }

  void wait_out_pause() {
    pause_.expires_at(gathering_.next());
    pause_.async_wait([self = shared_from_this()](boost::system::error_code error) {
      if (!error && !self->closed_) self->drain();
    });
  }

  /// Everything that has arrived, up to the budget.
  void drain() {
    dispatching_ = true;
    taken_ = 0;
    const bool more = receive_queued();
    if (!more) {
      full_since_.reset();
    } else if (!full_since_) {
      full_since_ = Steady::now();
    }
    dispatching_ = false;
    if (closed_) return forget_handlers();
    // After a pause in which nothing came, what comes next is read at once.
    if (more || taken_ == 0) return wait_readable();
    const auto now = Steady::now();
    gathering_.read(now, taken_);
    gathering_.next() > now ? wait_out_pause() : wait_readable();
  }

  /// True: the budget is used up, and there is probably more.
  bool receive_queued() {
    unsigned errors = 0;
    while (taken_ < options_.budget) {
      const auto received = batch_.receive(fd_.get());
      if (received.error) {
        if (would_block(received.error)) {
          if (taken_ == 0) clear_errors();
          return false;
        }
        if (received.error.value() == EINTR) continue;
        // ICMP errors come as a failed call, once each.
        if (!take_errors()) metrics_.receive_errors.Increment();
        if (++errors > options_.batch) return true;
        continue;
      }
      taken_ += received.calls_filled;
      count(received);
      if (!received.packets.empty()) on_packets_(received.packets);
      if (closed_ || received.calls_filled < batch_.capacity()) return false;
    }
    return true;
  }

  /// Flushes, then tells what went wrong: never from within send().
  void finish_turn() {
    const auto self = shared_from_this();  // a handler may destroy the socket
    flush();
    dispatching_ = true;
    for (const auto& failure : std::exchange(failures_, {})) {
      if (!closed_ && on_unreachable_) on_unreachable_(failure.peer, failure.why);
    }
    dispatching_ = false;
    if (closed_) forget_handlers();
  }

  /// Not while one of them runs.
  void forget_handlers() {
    on_packets_ = nullptr;
    on_unreachable_ = nullptr;
  }

  void count(const UdpReceiveBatch::Received& received) {
    std::size_t bytes = 0;
    for (const auto& packet : received.packets) bytes += packet.data.size();
    metrics_.received_packets.Increment(static_cast<double>(received.packets.size()));
    metrics_.received_bytes.Increment(static_cast<double>(bytes));
    metrics_.receive_batch.Observe(received.calls_filled);
    if (received.truncated > 0) metrics_.truncated.Increment(received.truncated);
    if (const auto drops = batch_.take_kernel_drops()) metrics_.kernel_drops.Increment(drops);
  }

  void send_queued() {
    bool retried = false;
    while (!queue_.empty()) {
      const auto sent = queue_.send(fd_.get());
      if (!sent.error) {
        metrics_.sent_packets.Increment(sent.packets);
        metrics_.sent_bytes.Increment(static_cast<double>(sent.bytes));
        metrics_.send_batch.Observe(sent.packets);
        retried = false;
        continue;
      }
      if (would_block(sent.error)) return clear_errors();
      if (sent.error.value() == EINTR) continue;
      // The error may be an ICMP answer to an older packet: then this one deserves another try.
      if (!retried && take_errors()) {
        retried = true;
        continue;
      }
      const auto to = queue_.first();
      queue_.drop_first();
      retried = false;
      metrics_.send_errors.Increment();
      report({to, sent.error, true});
    }
  }

  /// The socket woke us, and a call found nothing to do: what woke us is an error. It stays, and
  /// wakes us again at once, until it is read: a call that did some of its work (sendmmsg) says
  /// nothing of it, and one whose report the kernel had no room for is in SO_ERROR alone.
  void clear_errors() {
    if (!take_errors() && socket_error(fd_.get())) metrics_.receive_errors.Increment();
  }

  /// False when ICMP had said nothing. No more than a budget at once: the rest wakes us again.
  bool take_errors() {
    bool any = false;
    for (unsigned taken = 0; taken < options_.budget; ++taken) {
      const auto failure = take_udp_error(fd_.get());
      if (!failure) break;
      if (failure->local) continue;
      any = true;
      metrics_.unreachable.Increment();
      report(*failure);
    }
    return any;
  }

  void report(const UdpFailure& failure) {
    constexpr std::size_t enough = 1024;
    if (!on_unreachable_ || failures_.size() >= enough) return;
    failures_.push_back(failure);
    end_of_turn_.arm();
  }

  const UdpOptions options_;
  UdpMetrics& metrics_;
  Fd fd_;
  const Address local_;
  UdpReceiveBatch batch_;
  UdpSendQueue queue_;
  Readiness readable_, writable_;
  Gathering gathering_;
  asio::steady_timer pause_;
  EndOfTurn end_of_turn_;
  OnPackets on_packets_;
  OnUnreachable on_unreachable_;
  std::vector<UdpFailure> failures_;
  std::optional<Steady::time_point> full_since_;
  unsigned taken_ = 0;  ///< Datagrams of this turn.
  bool dispatching_ = false;
  bool waiting_writable_ = false;
  bool closed_ = false;
};

UdpSocket::UdpSocket(asio::io_context& loop, const Address& listen, UdpMetrics& metrics,
                     UdpOptions options) {
  Fd fd = bind_udp(listen, Port::Shared, options.floating ? Presence::Floating : Presence::Here);
  set_receive_buffer(fd.get(), options.receive_buffer);
  set_send_buffer(fd.get(), options.send_buffer);
  set_option(fd.get(), SOL_SOCKET, SO_RXQ_OVFL, 1);
  keep_udp_errors(fd.get(), listen);
  impl_ = std::make_shared<Impl>(loop, std::move(fd), metrics, options);
}

UdpSocket::~UdpSocket() { close(); }

const Address& UdpSocket::local() const { return impl_->local(); }

void UdpSocket::receive(OnPackets on_packets) { impl_->receive(std::move(on_packets)); }

void UdpSocket::on_unreachable(OnUnreachable on_unreachable) {
  impl_->on_unreachable(std::move(on_unreachable));
}

std::chrono::milliseconds UdpSocket::backlog() const { return impl_->backlog(); }

void UdpSocket::send(const Address& to, std::string_view bytes) {
  impl_->send(to, std::span{&bytes, 1});
}

void UdpSocket::send(const Address& to, std::span<const std::string_view> parts) {
  impl_->send(to, parts);
}

void UdpSocket::flush() { impl_->flush(); }

void UdpSocket::close() { impl_->close(); }

}  // namespace pbx::net
