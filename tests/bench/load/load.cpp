#include "load/load.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>

namespace pbx::bench {
namespace {

using Clock = std::chrono::steady_clock;
constexpr Duration kTick = std::chrono::milliseconds{5};

Duration to_duration(double seconds) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>{seconds});
}

}  // namespace

void Load::run(double rate, double seconds) {
  const auto begin = Clock::now();
  const auto total = static_cast<std::uint64_t>(rate * seconds);
  for (std::uint64_t done = 0; done < total;) {
    const auto now = Clock::now();
    const std::chrono::duration<double> past = now - begin;
    const auto due = std::min(total, static_cast<std::uint64_t>(past.count() * rate) + 1);
    stats_.late_ms = std::max(stats_.late_ms, 1'000 * (static_cast<double>(due - done) - 1) / rate);
    for (; done < due; ++done) role_.start(now);
    const auto next = begin + to_duration(static_cast<double>(done) / rate);
    turn(now, std::clamp<Duration>(next - Clock::now(), Duration::zero(), kTick));
  }
  while (Clock::now() < begin + to_duration(seconds)) turn(Clock::now(), kTick);
}

void Load::run_closed(std::size_t window, double seconds) {
  const auto end = Clock::now() + to_duration(seconds);
  for (auto now = Clock::now(); now < end; now = Clock::now()) {
    while (role_.open() < window) role_.start(now);
    turn(now, kTick);
  }
}

void Load::drain(double seconds) {
  const auto end = Clock::now() + to_duration(seconds);
  while (role_.open() > 0 && Clock::now() < end) turn(Clock::now(), kTick);
}

void Load::serve_until_closed() {
  for (;;) {
    pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
    char byte = 0;
    if (::poll(&input, 1, 0) > 0 && ::read(STDIN_FILENO, &byte, 1) <= 0) return;
    turn(Clock::now(), 10 * kTick);
  }
}

void Load::turn(Time now, Duration patience) {
  role_.run(now);
  lines_.flush();
  lines_.receive(patience, [this](unsigned line, const net::Packet& packet) {
    role_.receive(line, packet, Clock::now());
  });
  lines_.flush();
}

}  // namespace pbx::bench
