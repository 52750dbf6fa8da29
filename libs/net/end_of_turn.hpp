#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace pbx::net {

/// Runs a function once after everything that this turn of the loop has ready, however often it is
/// armed: that is where queued output is flushed in one system call. Belongs to the loop's thread.
class EndOfTurn {
 public:
  EndOfTurn(boost::asio::io_context& loop, std::function<void()> run);
  EndOfTurn(const EndOfTurn&) = delete;
  EndOfTurn& operator=(const EndOfTurn&) = delete;
  /// What is armed does not run any more.
  ~EndOfTurn();

  void arm();

 private:
  struct State;
  boost::asio::io_context& loop_;
  std::shared_ptr<State> state_;
};

}  // namespace pbx::net
