#pragma once

#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>

#include "net/sockets.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::net {

/// Whether a file descriptor is readable or writable, asked for one time at a time. A descriptor
/// that a loop watches itself wakes the loop with everything that arrives; here, what arrives while
/// nobody has asked wakes nobody. Belongs to the loop's thread.
class Readiness {
 public:
  /// `events`: EPOLLIN or EPOLLOUT. `fd` outlives this. Throws std::system_error.
  Readiness(boost::asio::io_context& loop, int fd, unsigned events);

  /// Calls `ready` once, from the loop; also when the descriptor has an error to tell. Not called
  /// any more after close().
  void wait(std::function<void()> ready);
  void close();

 private:
  void take();

  const int fd_;
  const unsigned events_;
  boost::asio::posix::stream_descriptor epoll_;
};

}  // namespace pbx::net
