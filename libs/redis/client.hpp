#pragma once

#include <boost/asio/awaitable.hpp>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "redis/command.hpp"
#include "redis/reply.hpp"

namespace pbx::redis {

using Callback = MoveFunction<void(Result<Reply>)>;

/// What the libraries above need of a Redis: one connection now, a cluster or a Sentinel group
/// behind the same two functions. Belongs to one thread.
class Client {
 public:
  virtual ~Client() = default;

  /// Runs `command` where its key lives. `done` runs once, on this thread, possibly before send()
  /// returns. Errors: Unavailable (not connected, or the connection broke before the reply: the
  /// command may have run), Timeout (likewise), Overloaded (too many in flight), Cancelled
  /// (closed), BadData (Redis answered with an error that is not one of redis::Errc).
  virtual void send(Command command, Callback done) = 0;
  virtual bool connected() const = 0;

  /// send() for coroutines.
  boost::asio::awaitable<Result<Reply>> call(Command command);
};

}  // namespace pbx::redis
