#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>

#include "pbx/events/v1/call.pb.h"

namespace pbx::billing {

/// Watches whether the events of each call of one partition are without gaps (design rule 3). What
/// was under way when reading began is not judged by events that came before.
class SequenceWatch {
 public:
  explicit SequenceWatch(std::size_t most_calls = 200'000) : most_calls_{most_calls} {}

  enum class Verdict { Next, Repeated, Gap };
  /// How many events are missing before a Gap: `missing`.
  Verdict see(const events::v1::CallEvent& event);
  std::uint32_t missing() const { return missing_; }
  std::size_t calls() const { return calls_.size(); }

 private:
  struct Seen {
    std::uint32_t sequence = 0;
    std::int64_t at_ms = 0;
  };

  Verdict first_of_call(const events::v1::CallEvent& event);
  void make_room();

  std::size_t most_calls_;
  std::unordered_map<std::string, Seen> calls_;
  std::int64_t began_ms_ = 0;  ///< Time of the first event that was read.
  std::int64_t newest_ms_ = 0;
  std::uint32_t missing_ = 0;
};

}  // namespace pbx::billing
