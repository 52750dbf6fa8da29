#pragma once

#include <array>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <memory>
#include <unordered_map>
#include <vector>

#include "net/end_of_turn.hpp"
#include "net/metrics.hpp"
#include "net/tcp_acceptor.hpp"
#include "net/tcp_connection.hpp"
#include "net/tcp_transport.hpp"

namespace pbx::net {

class TcpTransport::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(boost::asio::io_context& loop, const Options& options, Callbacks callbacks,
       TcpMetrics& metrics);

  void listen(const Address& listen);
  const Address& local() const { return local_; }
  std::size_t size() const { return connections_.size(); }
  Result<> send(Id id, std::string_view bytes);
  Result<Id> connect(const Address& to, OnConnected done);
  std::optional<Id> find(const Address& peer) const;
  std::optional<Address> peer(Id id) const;
  bool peer_listens(Id id) const;
  void raise(Id id, TcpRank rank);
  void lower(Id id);
  void close(Id id);
  void stop_listening();
  /// Nothing runs after this.
  void shut_down();

 private:
  using Connection = std::shared_ptr<TcpConnection>;
  /// Why a connection is given up; decides the metric and what on_closed is told.
  enum class Reason : std::uint8_t { Peer, Owner, Idle, Silent, Slow, Evicted, Error };

  Connection add(Fd fd, const Address& peer, TcpPhase phase);
  Connection open_one(Id id) const;
  void accepted(Fd fd, const Address& peer);
  bool admit(const Address& peer);
  bool make_room();
  bool evict(TcpRank highest);
  void finish_connect(const Connection& connection);
  void fail_connect(const Connection& connection, std::error_code why);

  void wait_readable(const Connection& connection);
  void wait_writable(const Connection& connection);
  void read(const Connection& connection);
  void received(const Connection& connection, std::size_t bytes);
  void end_of_input(const Connection& connection);
  void flush_due_ones();
  void flush(const Connection& connection);
  void flushed_all(const Connection& connection);
  void give_up(const Connection& connection, Reason reason, std::error_code why);
  void forget(const Connection& connection);

  prometheus::Counter& closed(Reason reason);
  void set_rank(TcpConnection& connection, TcpRank rank);
  TcpWaiting& ranked(TcpRank rank) { return ranks_[static_cast<std::size_t>(rank)]; }
  void touch(TcpConnection& connection);
  void enter(TcpConnection& connection, TcpPhase phase);
  std::chrono::milliseconds limit(TcpPhase phase) const;
  void start_sweeping();
  void sweep();
  void sweep_silent(SteadyTime now);
  void phase_timed_out(const Connection& connection);

  boost::asio::io_context& loop_;
  const Options options_;
  Callbacks callbacks_;
  TcpMetrics& metrics_;
  Address local_;
  std::shared_ptr<TcpAcceptor> acceptor_;
  std::unordered_map<Id, Connection> connections_;
  std::unordered_map<Address, Id> by_peer_;
  std::vector<Connection> flush_due_;
  EndOfTurn end_of_turn_;
  boost::asio::steady_timer sweep_timer_;
  TcpWaiting idle_;
  std::array<TcpWaiting, static_cast<std::size_t>(TcpPhase::Closed) + 1> phases_;
  std::array<TcpWaiting, static_cast<std::size_t>(TcpRank::Kept) + 1> ranks_;  ///< Oldest first.
  std::unique_ptr<char[]> buffer_;
  bool sweeping_ = false;
  bool stopped_ = false;
};

}  // namespace pbx::net
