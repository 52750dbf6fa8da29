#include "runtime/signals.hpp"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <utility>

namespace pbx::runtime {

BlockedSignals::BlockedSignals() {
  sigemptyset(&set_);
  sigaddset(&set_, SIGTERM);
  sigaddset(&set_, SIGINT);
  pthread_sigmask(SIG_BLOCK, &set_, &before_);
  ::signal(SIGPIPE, SIG_IGN);
}

BlockedSignals::~BlockedSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }

Signals::Signals(const BlockedSignals& blocked, OnSignal on_signal)
    : on_signal_{std::move(on_signal)},
      signals_{::signalfd(-1, &blocked.set(), SFD_CLOEXEC)},
      stop_{::eventfd(0, EFD_CLOEXEC)} {
  if (signals_.get() < 0 || stop_.get() < 0) {
    throw std::system_error{net::last_error(), "signalfd"};
  }
  thread_ = std::thread{[this] { run(); }};
  pthread_setname_np(thread_.native_handle(), "signals");
}

Signals::~Signals() {
  const std::uint64_t one = 1;
  while (::write(stop_.get(), &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
}

void Signals::run() {
  unsigned count = 0;
  for (;;) {
    std::array<pollfd, 2> wait{pollfd{signals_.get(), POLLIN, 0}, pollfd{stop_.get(), POLLIN, 0}};
    if (::poll(wait.data(), wait.size(), -1) < 0) continue;
    if (wait[1].revents != 0) return;
    signalfd_siginfo info{};
    if (::read(signals_.get(), &info, sizeof info) != sizeof info) continue;
    on_signal_(static_cast<int>(info.ssi_signo), ++count);
  }
}

}  // namespace pbx::runtime
