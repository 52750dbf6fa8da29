#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>

namespace pbx::bench {

using Time = std::chrono::steady_clock::time_point;
using Duration = std::chrono::steady_clock::duration;

/// Counts of latencies: 64 buckets for each power of two of microseconds, so within 1.6 %.
class Histogram {
 public:
  void add(Duration latency);
  /// Microseconds that `share` (0 to 1) of all stayed below or at; 0 when there are none.
  double quantile(double share) const;
  void clear() { *this = {}; }

 private:
  static constexpr std::size_t kFine = 64;
  static constexpr std::size_t kPowers = 26;
  static std::size_t bucket(std::uint64_t us);
  static double middle(std::size_t bucket);

  std::array<std::uint32_t, kFine * kPowers> counts_{};
  std::uint64_t total_ = 0;
};

/// What happened in one phase of a run.
struct Stats {
  std::uint64_t carried = 0;  ///< Begun before the phase, and under way when it began.
  std::uint64_t started = 0;
  std::uint64_t completed = 0;
  std::uint64_t failed = 0;           ///< Refused, or never answered.
  std::uint64_t retransmissions = 0;  ///< By any of our phones.
  std::uint64_t most_repeated = 0;    ///< Retransmissions of the message that needed most.
  std::uint64_t skipped = 0;          ///< Its phone was still busy with the one before.
  double late_ms = 0;                 ///< How far the generator itself was behind, at worst.
  std::map<int, std::uint64_t> refused;
  Histogram latency;

  bool clean() const { return failed + retransmissions + skipped == 0; }
};

/// One line of JSON.
std::string to_json(const char* event, const Stats& stats, double rate, double seconds);

}  // namespace pbx::bench
