#pragma once

#include <signal.h>

#include <functional>
#include <thread>

#include "net/sockets.hpp"

namespace pbx::runtime {

/// Blocks SIGTERM and SIGINT for this thread and those that it starts, and ignores SIGPIPE: so that
/// no library's system call is interrupted and only Signals sees them.
class BlockedSignals {
 public:
  BlockedSignals();
  BlockedSignals(const BlockedSignals&) = delete;
  BlockedSignals& operator=(const BlockedSignals&) = delete;
  ~BlockedSignals();

  const sigset_t& set() const { return set_; }

 private:
  sigset_t set_;
  sigset_t before_;
};

/// Waits for them on a thread of its own: they are seen even while the main loop is busy.
class Signals {
 public:
  /// `count` is 1 for the first signal. Called on that thread.
  using OnSignal = std::function<void(int signal, unsigned count)>;

  Signals(const BlockedSignals& blocked, OnSignal on_signal);
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  ~Signals();

 private:
  void run();

  OnSignal on_signal_;
  net::Fd signals_;
  net::Fd stop_;
  std::thread thread_;
};

}  // namespace pbx::runtime
