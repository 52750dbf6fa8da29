#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <chrono>
#include <cstdint>
#include <list>
#include <string>
#include <string_view>
#include <system_error>

#include "net/address.hpp"
#include "net/sockets.hpp"
#include "net/tcp_transport.hpp"

namespace pbx::net {

using SteadyTime = std::chrono::steady_clock::time_point;

class TcpConnection;

/// Connections of one condition, longest in it first. All have the same time limit, so the ones
/// that are due are at the front: no timer a connection, and a sweep touches only what is due.
using TcpWaiting = std::list<TcpConnection*>;

/// What a connection is doing besides being open.
enum class TcpPhase : std::uint8_t {
  Connecting,
  Open,
  Stalled,     ///< The peer does not read: bytes wait.
  HalfClosed,  ///< The peer has shut down its side; answers may still go out.
  Closing,     ///< The owner closed it; what is queued goes out.
  Lingering,   ///< All is sent and shut down; waits for the peer to see it.
  Closed,
};

/// One TCP connection's socket and output. The transport owns it and decides.
class TcpConnection {
 public:
  using Id = TcpTransport::Id;

  TcpConnection(boost::asio::io_context& loop, Fd fd, Id connection_id, const Address& remote)
      : id{connection_id}, peer{remote}, socket{loop, fd.release()} {}

  enum class Flushed : std::uint8_t { All, Some, Failed };
  struct FlushOutcome {
    Flushed flushed = Flushed::All;
    std::size_t bytes = 0;
    std::error_code error;
  };

  std::size_t queued() const { return out_.size() - sent_; }
  void append(std::string_view bytes) { out_ += bytes; }
  /// Writes until all is written or the kernel takes no more.
  FlushOutcome flush();
  void shut_down();
  void close_socket();

  bool writable_by_owner() const {
    return phase == TcpPhase::Connecting || phase == TcpPhase::Open || phase == TcpPhase::Stalled ||
           phase == TcpPhase::HalfClosed;
  }

  const Id id;
  const Address peer;
  boost::asio::posix::stream_descriptor socket;
  TcpPhase phase = TcpPhase::Open;
  TcpRank rank = TcpRank::Unknown;
  bool was_open = false;  ///< on_closed is owed.
  bool counted = false;   ///< Among its source's.
  bool input_ended = false;
  bool waiting_writable = false;
  bool flush_due = false;  ///< In the transport's list for the end of this turn.
  SteadyTime active_at;    ///< The last byte either way.
  SteadyTime phase_since;
  SteadyTime rank_since;
  TcpWaiting::iterator in_idle;
  TcpWaiting::iterator in_rank;
  TcpWaiting::iterator in_phase;
  TcpTransport::OnConnected on_connected;

 private:
  std::string out_;
  std::size_t sent_ = 0;
};

}  // namespace pbx::net
