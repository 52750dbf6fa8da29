#include "proxy/domain/session_check.hpp"

#include <algorithm>

namespace pbx::proxy {

std::optional<Word> word_of(int code) {
  if (code == 408 || code == 430) return std::nullopt;
  if (code == 481) return Word::HasNot;
  // RFC 3261 §12.2.2: a request that is out of order within a dialog that exists. The others are
  // said of an INFO's content (RFC 6086 §4.2.2; 488: baresip), after its dialog was found.
  const bool has = code < 300 || code == 500 || code == 415 || code == 469 || code == 488;
  return has ? Word::Has : Word::Unclear;
}

void SessionCheck::ask() {
  for (auto& phone : phones_) ++phone.asked;
}

void SessionCheck::hear(Side side, Word word, Clock::Steady now) {
  auto& phone = phones_[static_cast<std::size_t>(side)];
  phone.asked = 0;
  if (word == Word::Has) phone.confirmed = now;
  if (word == Word::HasNot) phone.gone = true;
}

bool SessionCheck::heard() const {
  return std::all_of(phones_.begin(), phones_.end(),
                     [](const Phone& phone) { return phone.asked == 0; });
}

bool SessionCheck::has_end() const {
  return std::any_of(phones_.begin(), phones_.end(), [](const Phone& phone) { return phone.gone; });
}

std::optional<std::string_view> SessionCheck::over(Clock::Steady now,
                                                   std::chrono::milliseconds unclear) const {
  for (const auto& phone : phones_) {
    if (phone.gone) return "A phone had ended the call before.";
    if (phone.asked >= kSilentRounds) return "A phone did not answer any more.";
  }
  const auto both = std::min(phones_[0].confirmed, phones_[1].confirmed);
  if (now - both >= unclear) return "Nobody could tell whether the call went on.";
  return std::nullopt;
}

Clock::Steady SessionCheck::talked_until(Clock::Steady now) const {
  const auto until = [now](const Phone& phone) {
    return phone.gone || phone.asked != 0 ? phone.confirmed : now;
  };
  return std::max(until(phones_[0]), until(phones_[1]));
}

}  // namespace pbx::proxy
