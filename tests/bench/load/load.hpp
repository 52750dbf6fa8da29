#pragma once

#include "load/lines.hpp"
#include "load/options.hpp"
#include "load/role.hpp"
#include "load/stats.hpp"

namespace pbx::bench {

/// Begins operations and turns the loop.
class Load {
 public:
  Load(Lines& lines, Role& role, Stats& stats) : lines_{lines}, role_{role}, stats_{stats} {}

  /// At a steady rate, whether those before have ended or not (open loop).
  void run(double rate, double seconds);
  /// Begins an operation whenever one ends: as many as what is loaded can do.
  void run_closed(std::size_t window, double seconds);
  /// Begins nothing more and waits for what is under way.
  void drain(double seconds);
  /// How many operations are under way.
  std::size_t open() const { return role_.open(); }
  /// Goes on answering until standard input ends.
  void serve_until_closed();

 private:
  void turn(Time now, Duration patience);

  Lines& lines_;
  Role& role_;
  Stats& stats_;
};

}  // namespace pbx::bench
