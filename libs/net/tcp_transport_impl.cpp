#include "net/tcp_transport_impl.hpp"

#include <sys/socket.h>

#include <atomic>
#include <boost/asio/post.hpp>
#include <cerrno>
#include <utility>

#include "core/errc.hpp"
#include "net/tcp_sources.hpp"

namespace pbx::net {

namespace asio = boost::asio;
using asio::posix::stream_descriptor;

namespace {

constexpr std::size_t kReadBytes = 64 * 1024;

/// Ids are not used again, whichever listener of the process they belong to.
TcpTransport::Id next_id(unsigned worker) {
  static std::atomic<std::uint64_t> last{0};
  constexpr std::uint64_t mask = (std::uint64_t{1} << 48) - 1;
  return (std::uint64_t{worker} << 48) | (++last & mask);
}

}  // namespace

TcpTransport::Impl::Impl(asio::io_context& loop, const Options& options, Callbacks callbacks,
                         TcpMetrics& metrics)
    : loop_{loop},
      options_{options},
      callbacks_{std::move(callbacks)},
      metrics_{metrics},
      end_of_turn_{loop, [this] { flush_due_ones(); }},
      sweep_timer_{loop},
      buffer_{std::make_unique_for_overwrite<char[]>(kReadBytes)} {}

void TcpTransport::Impl::listen(const Address& listen) {
  acceptor_ = std::make_shared<TcpAcceptor>(
      loop_,
      listen_tcp(listen, Port::Shared, options_.floating ? Presence::Floating : Presence::Here),
      [weak = weak_from_this()](Fd fd, const Address& peer) {
        if (const auto self = weak.lock()) self->accepted(std::move(fd), peer);
      },
      metrics_.accept_errors,
      [weak = weak_from_this()] {
        if (const auto self = weak.lock()) self->evict(TcpRank::Unknown);
      });
  local_ = acceptor_->local();
  acceptor_->start();
}

void TcpTransport::Impl::stop_listening() {
  if (acceptor_) acceptor_->close();
}

void TcpTransport::Impl::shut_down() {
  stopped_ = true;
  stop_listening();
  sweep_timer_.cancel();
  for (auto& [id, connection] : connections_) {
    connection->phase = TcpPhase::Closed;
    connection->close_socket();
    if (connection->counted) options_.sources->leave(connection->peer);
  }
  metrics_.connections.Decrement(static_cast<double>(connections_.size()));
  connections_.clear();
  by_peer_.clear();
  flush_due_.clear();
}

TcpTransport::Impl::Connection TcpTransport::Impl::add(Fd fd, const Address& peer, TcpPhase phase) {
  const auto id = next_id(options_.worker);
  auto connection = std::make_shared<TcpConnection>(loop_, std::move(fd), id, peer);
  connections_.emplace(id, connection);
  by_peer_.insert_or_assign(peer, id);
  metrics_.connections.Increment();
  connection->active_at = std::chrono::steady_clock::now();
  connection->rank_since = connection->active_at;
  connection->in_idle = idle_.insert(idle_.end(), connection.get());
  auto& rank = ranked(connection->rank);
  connection->in_rank = rank.insert(rank.end(), connection.get());
  auto& list = phases_[static_cast<std::size_t>(TcpPhase::Open)];
  connection->in_phase = list.insert(list.end(), connection.get());
  enter(*connection, phase);
  start_sweeping();
  return connection;
}

TcpTransport::Impl::Connection TcpTransport::Impl::open_one(Id id) const {
  const auto at = connections_.find(id);
  if (at == connections_.end() || !at->second->writable_by_owner()) return nullptr;
  return at->second;
}

std::optional<TcpTransport::Id> TcpTransport::Impl::find(const Address& peer) const {
  const auto at = by_peer_.find(peer);
  if (at == by_peer_.end()) return std::nullopt;
  const auto connection = open_one(at->second);
  if (!connection || connection->phase == TcpPhase::HalfClosed) return std::nullopt;
  return at->second;
}

std::optional<Address> TcpTransport::Impl::peer(Id id) const {
  const auto connection = open_one(id);
  return connection ? std::optional{connection->peer} : std::nullopt;
}

bool TcpTransport::Impl::peer_listens(Id id) const {
  const auto connection = open_one(id);
  return connection && connection->phase != TcpPhase::HalfClosed;
}

void TcpTransport::Impl::accepted(Fd fd, const Address& peer) {
  if (!admit(peer)) return reset_on_close(fd.get());
  metrics_.accepted.Increment();
  const auto connection = add(std::move(fd), peer, TcpPhase::Open);
  connection->was_open = true;
  connection->counted = options_.sources != nullptr;
  wait_readable(connection);
  if (callbacks_.on_accepted) callbacks_.on_accepted(connection->id, peer);
}

/// Within its source's share, and there is room for it or made.
bool TcpTransport::Impl::admit(const Address& peer) {
  if (options_.sources != nullptr && !options_.sources->enter(peer)) {
    metrics_.refused_source.Increment();
    return false;
  }
  if (make_room()) return true;
  if (options_.sources != nullptr) options_.sources->leave(peer);
  return false;
}

bool TcpTransport::Impl::make_room() {
  if (connections_.size() < options_.max_connections || evict(TcpRank::Known)) return true;
  metrics_.refused_limit.Increment();
  return false;
}

/// The oldest of the lowest rank goes. False: all have earned more than `highest`.
bool TcpTransport::Impl::evict(TcpRank highest) {
  for (const auto rank : {TcpRank::Unknown, TcpRank::Known}) {
    if (ranked(rank).empty() || rank > highest) continue;
    const auto connection = connections_.at(ranked(rank).front()->id);
    give_up(connection, Reason::Evicted, make_error_code(Errc::Overloaded));
    return true;
  }
  return false;
}

void TcpTransport::Impl::raise(Id id, TcpRank rank) {
  const auto at = connections_.find(id);
  if (at != connections_.end() && at->second->rank < rank) set_rank(*at->second, rank);
}

void TcpTransport::Impl::lower(Id id) {
  const auto at = connections_.find(id);
  if (at != connections_.end() && at->second->rank == TcpRank::Kept) {
    set_rank(*at->second, TcpRank::Known);
  }
}

void TcpTransport::Impl::set_rank(TcpConnection& connection, TcpRank rank) {
  ranked(rank).splice(ranked(rank).end(), ranked(connection.rank), connection.in_rank);
  connection.rank = rank;
}

Result<TcpTransport::Id> TcpTransport::Impl::connect(const Address& to, OnConnected done) {
  if (stopped_) return Errc::Cancelled;
  if (!make_room()) return Errc::Overloaded;
  auto fd = start_connect(to, local_);
  if (!fd) {
    metrics_.connect_failed.Increment();
    return fd.error();
  }
  const auto connection = add(*std::move(fd), to, TcpPhase::Connecting);
  set_rank(*connection, TcpRank::Kept);  // until it is made
  connection->on_connected = std::move(done);
  connection->waiting_writable = true;
  connection->socket.async_wait(
      stream_descriptor::wait_write,
      [self = shared_from_this(), connection](boost::system::error_code error) {
        if (error || connection->phase != TcpPhase::Connecting) return;
        self->finish_connect(connection);
      });
  return connection->id;
}

void TcpTransport::Impl::finish_connect(const Connection& connection) {
  connection->waiting_writable = false;
  if (const auto error = socket_error(connection->socket.native_handle())) {
    return fail_connect(connection, error);
  }
  metrics_.connected.Increment();
  connection->was_open = true;
  set_rank(*connection, TcpRank::Known);
  enter(*connection, TcpPhase::Open);
  touch(*connection);
  wait_readable(connection);
  if (const auto done = std::exchange(connection->on_connected, nullptr)) done({});
  if (connection->phase == TcpPhase::Open) flush(connection);
}

void TcpTransport::Impl::fail_connect(const Connection& connection, std::error_code why) {
  metrics_.connect_failed.Increment();
  const auto done = std::exchange(connection->on_connected, nullptr);
  forget(connection);
  if (done) done(why);
}

Result<> TcpTransport::Impl::send(Id id, std::string_view bytes) {
  const auto connection = open_one(id);
  if (!connection) return Errc::NotFound;
  if (connection->queued() + bytes.size() > options_.max_write_queue) {
    if (connection->phase == TcpPhase::Connecting) return Errc::Overloaded;
    give_up(connection, Reason::Slow, make_error_code(Errc::Overloaded));
    return Errc::Overloaded;
  }
  connection->append(bytes);
  const bool will_flush = connection->waiting_writable || connection->flush_due;
  if (!will_flush) {
    connection->flush_due = true;
    flush_due_.push_back(connection);
    end_of_turn_.arm();
  }
  return {};
}

void TcpTransport::Impl::close(Id id) {
  const auto connection = open_one(id);
  if (!connection) return;
  if (connection->phase == TcpPhase::Connecting) return forget(connection);
  enter(*connection, TcpPhase::Closing);
  if (connection->queued() == 0) flushed_all(connection);
}

void TcpTransport::Impl::wait_readable(const Connection& connection) {
  connection->socket.async_wait(
      stream_descriptor::wait_read,
      [self = shared_from_this(), connection](boost::system::error_code error) {
        if (!error && connection->phase != TcpPhase::Closed) self->read(connection);
      });
}

void TcpTransport::Impl::wait_writable(const Connection& connection) {
  if (connection->waiting_writable) return;
  connection->waiting_writable = true;
  connection->socket.async_wait(
      stream_descriptor::wait_write,
      [self = shared_from_this(), connection](boost::system::error_code error) {
        connection->waiting_writable = false;
        if (!error && connection->phase != TcpPhase::Closed) self->flush(connection);
      });
}

void TcpTransport::Impl::read(const Connection& connection) {
  const auto count =
      ::recv(connection->socket.native_handle(), buffer_.get(), kReadBytes, MSG_DONTWAIT);
  if (count > 0) return received(connection, static_cast<std::size_t>(count));
  if (count == 0) return end_of_input(connection);
  if (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR) return wait_readable(connection);
  give_up(connection, Reason::Error, last_error());
}

void TcpTransport::Impl::received(const Connection& connection, std::size_t bytes) {
  metrics_.received_bytes.Increment(static_cast<double>(bytes));
  const bool wanted = connection->phase == TcpPhase::Open || connection->phase == TcpPhase::Stalled;
  if (wanted) {
    touch(*connection);
    callbacks_.on_data(connection->id, connection->peer, {buffer_.get(), bytes});
  }
  if (!stopped_ && connection->phase != TcpPhase::Closed) wait_readable(connection);
}

/// The peer has shut down its side, or is gone: TCP shows these alike.
void TcpTransport::Impl::end_of_input(const Connection& connection) {
  connection->input_ended = true;
  switch (connection->phase) {
    case TcpPhase::Closing:
      return;  // goes on until what is queued is sent
    case TcpPhase::Lingering:
      return give_up(connection, Reason::Owner, {});
    default:
      enter(*connection, TcpPhase::HalfClosed);
  }
}

void TcpTransport::Impl::flush_due_ones() {
  for (const auto& connection : std::exchange(flush_due_, {})) {
    connection->flush_due = false;
    const bool ready =
        connection->phase != TcpPhase::Closed && connection->phase != TcpPhase::Connecting;
    if (ready && !connection->waiting_writable) flush(connection);
  }
}

void TcpTransport::Impl::flush(const Connection& connection) {
  const auto outcome = connection->flush();
  if (outcome.bytes > 0) {
    metrics_.sent_bytes.Increment(static_cast<double>(outcome.bytes));
    touch(*connection);
  }
  switch (outcome.flushed) {
    case TcpConnection::Flushed::All:
      return flushed_all(connection);
    case TcpConnection::Flushed::Failed:
      return give_up(connection, Reason::Error, outcome.error);
    case TcpConnection::Flushed::Some:
      break;
  }
  const bool was_open = connection->phase == TcpPhase::Open;
  const bool moved = connection->phase == TcpPhase::Stalled && outcome.bytes > 0;
  if (was_open || moved) enter(*connection, TcpPhase::Stalled);
  wait_writable(connection);
}

void TcpTransport::Impl::flushed_all(const Connection& connection) {
  if (connection->phase == TcpPhase::Stalled) enter(*connection, TcpPhase::Open);
  if (connection->phase != TcpPhase::Closing) return;
  if (connection->input_ended) return give_up(connection, Reason::Owner, {});
  // Unread input would make the kernel reset the connection, and the peer lose what was sent last:
  // so the sending side is shut first and input read until the peer has seen it.
  connection->shut_down();
  enter(*connection, TcpPhase::Lingering);
}

prometheus::Counter& TcpTransport::Impl::closed(Reason reason) {
  switch (reason) {
    case Reason::Peer:
      return metrics_.closed_by_peer;
    case Reason::Owner:
      return metrics_.closed_by_owner;
    case Reason::Idle:
      return metrics_.closed_idle;
    case Reason::Silent:
      return metrics_.closed_silent;
    case Reason::Slow:
      return metrics_.closed_slow;
    case Reason::Evicted:
      return metrics_.evicted;
    case Reason::Error:
      break;
  }
  return metrics_.closed_error;
}

void TcpTransport::Impl::give_up(const Connection& connection, Reason reason, std::error_code why) {
  closed(reason).Increment();
  if (reason == Reason::Slow) reset_on_close(connection->socket.native_handle());
  const bool owed = connection->was_open;
  forget(connection);
  if (!owed || !callbacks_.on_closed) return;
  asio::post(loop_, [self = shared_from_this(), id = connection->id, why] {
    if (!self->stopped_) self->callbacks_.on_closed(id, why);
  });
}

void TcpTransport::Impl::forget(const Connection& connection) {
  connection->close_socket();
  if (connection->counted) options_.sources->leave(connection->peer);
  idle_.erase(connection->in_idle);
  ranked(connection->rank).erase(connection->in_rank);
  phases_[static_cast<std::size_t>(connection->phase)].erase(connection->in_phase);
  connection->phase = TcpPhase::Closed;
  if (const auto at = by_peer_.find(connection->peer);
      at != by_peer_.end() && at->second == connection->id) {
    by_peer_.erase(at);
  }
  metrics_.connections.Decrement();
  connections_.erase(connection->id);  // the caller's reference keeps it until it returns
}

}  // namespace pbx::net
