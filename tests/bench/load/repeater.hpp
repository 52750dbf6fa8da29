#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <functional>
#include <string>

#include "load/lines.hpp"
#include "load/stats.hpp"

namespace pbx::bench {

/// A message that waits for its answer.
struct Pending {
  std::string text;
  net::Address to;
  std::uint32_t step = 0;  ///< Counts what was sent; a timer of an older step is void.
  std::uint16_t line = 0;
  bool waiting = false;

  void answered() { waiting = false; }
};

/// Sends messages again until they are answered: after T1 (500 ms), then after twice as long each
/// time, and gives up when the fourth repetition brought nothing.
class Repeater {
 public:
  using Find = std::function<Pending&(std::uint32_t index)>;
  using GiveUp = std::function<void(std::uint32_t index)>;

  Repeater(Lines& lines, Stats& stats, Find find, GiveUp give_up)
      : lines_{lines}, stats_{stats}, find_{std::move(find)}, give_up_{std::move(give_up)} {}

  /// Sends find(index).text now and from now on.
  void begin(std::uint32_t index, Time now);
  /// Does what is due.
  void run(Time now);

 private:
  static constexpr std::size_t kRepetitions = 4;
  struct Timer {
    Time at;
    std::uint32_t index;
    std::uint32_t step;
  };
  void repeat(const Timer& timer, std::size_t sent, Time now);

  Lines& lines_;
  Stats& stats_;
  Find find_;
  GiveUp give_up_;
  std::array<std::deque<Timer>, kRepetitions + 1> timers_;  ///< By how often it was repeated.
};

}  // namespace pbx::bench
