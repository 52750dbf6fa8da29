#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>
#include <system_error>

#include "core/result.hpp"
#include "net/address.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::net {

struct TcpMetrics;
class TcpSources;

/// What a connection has earned. When there is no room for a new one, the oldest of the lowest rank
/// goes; one that is Kept stays.
enum class TcpRank : std::uint8_t {
  Unknown,  ///< Accepted. Closed when it is still this after first_request.
  Known,    ///< Has said something that makes sense; or we made it.
  Kept,
};

struct TcpOptions {
  unsigned worker = 0;  ///< Goes into the top 16 bits of each Id.
  std::chrono::milliseconds idle{std::chrono::minutes{10}};  ///< Without a byte either way.
  std::chrono::milliseconds connect_timeout{std::chrono::seconds{5}};
  std::chrono::milliseconds write_timeout{std::chrono::seconds{10}};  ///< Peer reads nothing.
  /// After the peer has shut its side down, answers still go out for so long.
  std::chrono::milliseconds half_closed{std::chrono::seconds{1}};
  /// Who was accepted must be raise()d within this time.
  std::chrono::milliseconds first_request{std::chrono::seconds{30}};
  std::size_t max_connections = 20'000;
  TcpSources* sources = nullptr;  ///< Shared by all of a process; null: no limit a source.
  std::size_t max_write_queue = 256 * 1024;  ///< Bytes a connection.
  bool floating = false;                     ///< The address may not be this machine's yet.
};

/// One worker's TCP side: its listener (SO_REUSEPORT), what it accepted and what it connected.
/// Used from the thread of its loop only. Bytes come as the stream gives them: framing is the
/// caller's. No callback runs inside send(), connect() or close(), and none after destruction.
class TcpTransport {
 public:
  /// Unique in the process, never used again, never 0; carries the worker in its top 16 bits.
  using Id = std::uint64_t;
  using Options = TcpOptions;

  struct Callbacks {
    /// The bytes are valid until it returns.
    std::function<void(Id, const Address& peer, std::string_view bytes)> on_data;
    /// Once for every connection that was open, whoever closed it. No error: the peer or the owner
    /// closed it in an orderly way. Errc::Timeout: idle, or no first request. Errc::Overloaded: did
    /// not read what it was sent, or had to make room. May be empty.
    std::function<void(Id, std::error_code)> on_closed;
    /// After accept. May be empty.
    std::function<void(Id, const Address& peer)> on_accepted;
  };
  /// Empty result: connected. Errc::Timeout: connect_timeout passed.
  using OnConnected = std::function<void(Result<>)>;

  /// Listens; port 0 takes a free one; an Address of Family::None does not listen. Throws
  /// std::system_error that names the address.
  TcpTransport(boost::asio::io_context& loop, const Address& listen, Options options,
               Callbacks callbacks, TcpMetrics& metrics);
  TcpTransport(const TcpTransport&) = delete;
  TcpTransport& operator=(const TcpTransport&) = delete;
  /// Closes everything without a callback.
  ~TcpTransport();

  const Address& local() const;
  std::size_t size() const;

  /// Queues; what is queued in one turn of the loop leaves in one system call. Errc::NotFound: no
  /// such connection. Errc::Overloaded: max_write_queue; the connection is closed for it.
  Result<> send(Id id, std::string_view bytes);
  /// The Id can be sent to at once; what is sent waits for the connection. `done` is called once
  /// unless the owner closes it first; after a failure there is no on_closed. Errc::Overloaded:
  /// max_connections.
  Result<Id> connect(const Address& to, OnConnected done = {});
  /// The newest connection with that peer that can be sent to, connecting ones included.
  std::optional<Id> find(const Address& peer) const;
  std::optional<Address> peer(Id id) const;
  /// There is such a connection and its peer has not shut down its side: who has is there for
  /// answers at most.
  bool peer_listens(Id id) const;
  /// To a lower rank only by lower().
  void raise(Id id, TcpRank rank);
  /// One that was Kept is Known again.
  void lower(Id id);
  /// What is queued is sent first, for write_timeout at most.
  void close(Id id);
  /// Drain: no more is accepted; connections stay.
  void stop_listening();

  static unsigned worker_of(Id id) { return static_cast<unsigned>(id >> 48); }

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::net
