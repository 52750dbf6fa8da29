#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>

namespace pbx::bench {

/// Prints nanoseconds a piece of work: the best of many short runs, so that other work on the
/// machine counts little. With `--json` a line of JSON each.
class Stopwatch {
 public:
  Stopwatch(int argc, char** argv) : json_{argc > 1 && std::strcmp(argv[1], "--json") == 0} {}

  /// `work` returns a number that depends on what it did, so that the compiler keeps it.
  template <class Work>
  void measure(const char* name, Work&& work) {
    using Clock = std::chrono::steady_clock;
    constexpr int kRuns = 1'000;
    constexpr int kEach = 200;
    double best = 1e12;
    for (int run = 0; run < kRuns; ++run) {
      const auto start = Clock::now();
      for (int i = 0; i < kEach; ++i) sink_ = work();
      const std::chrono::duration<double, std::nano> took = Clock::now() - start;
      best = std::min(best, took.count() / kEach);
    }
    std::printf(json_ ? "{\"name\":\"%s\",\"ns\":%.1f}\n" : "%-28s %6.0f ns\n", name, best);
  }

 private:
  const bool json_;
  volatile std::size_t sink_ = 0;
};

}  // namespace pbx::bench
