#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pbx::bench {

/// The quickest of several runs of the same work, so that other work on the machine counts little.
class Best {
 public:
  /// `work` does its piece `count` times.
  template <class Work>
  void run(std::size_t count, Work&& work) {
    using Clock = std::chrono::steady_clock;
    const auto start = Clock::now();
    work();
    add(count, Clock::now() - start);
  }
  void add(std::size_t count, std::chrono::duration<double, std::nano> took) {
    ns_ = std::min(ns_, took.count() / static_cast<double>(count));
  }
  /// Of one piece.
  double ns() const { return ns_; }

 private:
  double ns_ = 1e12;
};

/// Figures by name, in the order in which they were first asked for.
template <class Figure>
class ByName {
 public:
  Figure& operator[](std::string_view name) {
    for (auto& [known, figure] : figures_) {
      if (known == name) return figure;
    }
    return figures_.emplace_back(std::string{name}, Figure{}).second;
  }
  auto begin() const { return figures_.begin(); }
  auto end() const { return figures_.end(); }

 private:
  std::vector<std::pair<std::string, Figure>> figures_;
};

/// Prints nanoseconds a piece of work; with `--json` a line of JSON each.
class Stopwatch {
 public:
  Stopwatch(int argc, char** argv) : json_{argc > 1 && std::strcmp(argv[1], "--json") == 0} {}

  /// `work` returns a number that depends on what it did, so that the compiler keeps it.
  template <class Work>
  void measure(const char* name, Work&& work) {
    constexpr int kRuns = 1'000;
    constexpr int kEach = 200;
    Best best;
    for (int run = 0; run < kRuns; ++run) {
      best.run(kEach, [&] {
        for (int i = 0; i < kEach; ++i) sink_ = work();
      });
    }
    show(name, best.ns());
  }

  void show(const std::string& name, double ns) const {
    std::printf(json_ ? "{\"name\":\"%s\",\"ns\":%.1f}\n" : "%-44s %7.0f ns\n", name.c_str(), ns);
  }

 private:
  const bool json_;
  volatile std::size_t sink_ = 0;
};

}  // namespace pbx::bench
