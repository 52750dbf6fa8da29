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

/// What the two phones of an answered call have said when they were asked, a round at a time. A
/// value without I/O.
class SessionCheck {
 public:
  static constexpr int kSilentRounds = 4;  ///< A phone that says nothing for so long is gone.

  /// `confirmed`: when both were last known to have it.
  explicit SessionCheck(Clock::Steady confirmed) : phones_{Phone{confirmed}, Phone{confirmed}} {}

  /// Both are asked, again.
  void ask();
  void hear(Side side, Word word, Clock::Steady now);
  /// Both have said something since they were asked.
  bool heard() const;
  /// Why the call is over, or nullopt. `unclear`: how long it goes on while a phone cannot tell.
  std::optional<std::string_view> over(Clock::Steady now, std::chrono::milliseconds unclear) const;
  /// When both were last known to have it.
  Clock::Steady confirmed() const;

 private:
  struct Phone {
    Clock::Steady confirmed;
    int asked = 0;  ///< Rounds since it last said anything.
    bool gone = false;
  };

  std::array<Phone, 2> phones_;
};

}  // namespace pbx::proxy
