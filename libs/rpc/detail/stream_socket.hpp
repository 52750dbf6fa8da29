#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <cstdint>
#include <memory>
#include <string>

#include "core/move_function.hpp"
#include "net/sockets.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio
namespace pbx::config::v1 {
class Tls;
}

namespace pbx::rpc::detail {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

/// TLS settings; null for null: plain TCP. They throw when a file cannot be read. A server wants a
/// client's certificate when `ca_file` is set; a client checks the server's name and certificate.
TlsContext server_tls(const config::v1::Tls* tls);
TlsContext client_tls(const config::v1::Tls* tls);

/// One connection, plain or TLS, on one loop. Who waits keeps it alive.
class StreamSocket {
 public:
  using Done = MoveFunction<void(boost::system::error_code)>;
  using Moved = MoveFunction<void(boost::system::error_code, std::size_t)>;

  virtual ~StreamSocket() = default;
  /// Client: resolves, connects and shakes hands. Of a name's addresses those at `first` and after
  /// are tried first. No deadline of its own: close() ends it.
  virtual void connect(const std::string& host, std::uint16_t port, std::size_t first,
                       Done done) = 0;
  /// Server: shakes hands over a connection that was accepted.
  virtual void accept(net::Fd fd, bool v6, Done done) = 0;

  virtual void read_some(boost::asio::mutable_buffer into, Moved done) = 0;
  /// Writes `bytes` as one frame. One at a time.
  virtual void write_frame(std::shared_ptr<const std::string> bytes, Done done) = 0;
  virtual void close() = 0;
};

std::shared_ptr<StreamSocket> make_socket(boost::asio::io_context& loop, const TlsContext& tls);

}  // namespace pbx::rpc::detail
