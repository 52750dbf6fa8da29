#pragma once

#include <boost/asio/buffer.hpp>
#include <boost/system/error_code.hpp>
#include <memory>

#include "core/move_function.hpp"
#include "redis/options.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace pbx::redis {

/// Bytes to and from Redis over TCP, a UNIX socket or TLS.
class Stream {
 public:
  using Connected = MoveFunction<void(boost::system::error_code)>;
  using Moved = MoveFunction<void(boost::system::error_code, std::size_t)>;

  virtual ~Stream() = default;
  /// Resolves, connects and, over TLS, shakes hands. No deadline of its own: close() ends it.
  virtual void connect(Connected done) = 0;
  virtual void read_some(boost::asio::mutable_buffer into, Moved done) = 0;
  virtual void write(boost::asio::const_buffer bytes, Moved done) = 0;
  virtual void close() = 0;
};

/// TLS settings of `options`; null without TLS. Throws when a file cannot be read.
std::shared_ptr<boost::asio::ssl::context> make_tls(const Options& options);

std::shared_ptr<Stream> make_stream(boost::asio::io_context& context, const Options& options,
                                    std::shared_ptr<boost::asio::ssl::context> tls);

}  // namespace pbx::redis
