#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/clock.hpp"
#include "proxy/domain/own_request.hpp"

namespace pbx::proxy {

/// What a phone's answer to the question for its call says.
enum class Word : std::uint8_t {
  Has,      ///< It has the call: 200, or 500 for the old CSeq.
  HasNot,   ///< 481
  Unclear,  ///< It, or a hop before it, cannot tell.
};

/// nullopt: as good as no answer.
std::optional<Word> word_of(int code);

/// When each phone was last known to have the call, by Side.
using Confirmed = std::array<Clock::Steady, 2>;

/// What the two phones of an answered call have said when they were asked, a round at a time. A
/// value without I/O.
class SessionCheck {
 public:
  static constexpr int kSilentRounds = 4;  ///< A phone that says nothing for so long is gone.

  explicit SessionCheck(const Confirmed& confirmed)
      : phones_{Phone{confirmed[0]}, Phone{confirmed[1]}} {}

  /// Both are asked, again.
  void ask();
  void hear(Side side, Word word, Clock::Steady now);
  /// Both have said something since they were asked.
  bool heard() const;
  /// It has left a question unanswered, and not only the last one.
  bool is_silent(Side side) const { return phones_[static_cast<std::size_t>(side)].asked > 1; }
  /// One of them does not have the call.
  bool has_end() const;
  /// Why the call is over, or nullopt. `unclear`: how long it goes on while a phone cannot tell.
  std::optional<std::string_view> over(Clock::Steady now, std::chrono::milliseconds unclear) const;
  Confirmed confirmed() const { return {phones_[0].confirmed, phones_[1].confirmed}; }
  /// The last moment at which one of them was known to have it, or not known to have it no more:
  /// what one phone says, or does not say, takes no time off the other's.
  Clock::Steady talked_until(Clock::Steady now) const;

 private:
  struct Phone {
    Clock::Steady confirmed;
    int asked = 0;  ///< Rounds since it last said anything.
    bool gone = false;
  };

  std::array<Phone, 2> phones_;
};

}  // namespace pbx::proxy
