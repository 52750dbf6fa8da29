#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/health.hpp"

namespace pbx::runtime {

/// Beats a loop's Heartbeat, and thereby measures how late the loop is. Lives on its thread, where
/// `on_beat` runs too.
class LoopPulse {
 public:
  LoopPulse(
      boost::asio::io_context& loop, std::shared_ptr<Heartbeat> heartbeat,
      std::function<void()> on_beat = [] {})
      : timer_{loop}, heartbeat_{std::move(heartbeat)}, on_beat_{std::move(on_beat)} {
    next();
  }
  LoopPulse(const LoopPulse&) = delete;
  LoopPulse& operator=(const LoopPulse&) = delete;

 private:
  void next() {
    const auto due = std::chrono::steady_clock::now() + kBeatEvery;
    timer_.expires_at(due);
    // Weak: the handler of a timer that has expired runs without error after the pulse is gone.
    timer_.async_wait([this, due, alive = std::weak_ptr{alive_}](boost::system::error_code error) {
      if (error || alive.expired()) return;
      const auto now = std::chrono::steady_clock::now();
      heartbeat_->beat(now, now - due);
      on_beat_();
      next();
    });
  }

  boost::asio::steady_timer timer_;
  std::shared_ptr<Heartbeat> heartbeat_;
  std::function<void()> on_beat_;
  std::shared_ptr<const bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pbx::runtime
