#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>

namespace pbx::test {

/// Runs the loop until `done`, or for ten seconds; true when it was done.
template <class Predicate>
bool loop_until(boost::asio::io_context& loop, Predicate done) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  while (!done()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    if (loop.stopped()) loop.restart();
    loop.run_one_for(std::chrono::milliseconds{20});
  }
  return true;
}

/// Runs what is ready, without waiting.
inline void loop_ready(boost::asio::io_context& loop) {
  if (loop.stopped()) loop.restart();
  while (loop.poll() > 0) {
  }
}

}  // namespace pbx::test
