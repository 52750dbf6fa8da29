#include "sip/timer_wheel.hpp"

#include <algorithm>
#include <bit>

namespace pbx::sip {

using std::chrono::milliseconds;

TimerWheel::~TimerWheel() {
  for (WheelTimer*& head : slots_) {
    while (head != nullptr) cancel(*head);
  }
}

/// Whole milliseconds since the origin, rounded down.
std::uint64_t TimerWheel::elapsed(Time time) const {
  if (time <= origin_) return 0;
  return static_cast<std::uint64_t>(std::chrono::floor<milliseconds>(time - origin_).count());
}

void TimerWheel::start(WheelTimer& timer, Time deadline) {
  timer.cancel();
  timer.wheel_ = this;
  ++size_;
  const auto whole = elapsed(deadline);
  const bool exact = deadline <= origin_ + milliseconds{static_cast<std::int64_t>(whole)};
  timer.due_ = exact ? whole : whole + 1;
  if (timer.due_ <= now_) {
    link(timer, kLate);
  } else {
    place(timer);
  }
}

void TimerWheel::cancel(WheelTimer& timer) noexcept {
  if (timer.wheel_ != this) return;
  unlink(timer);
  timer.wheel_ = nullptr;
  --size_;
}

/// Puts a timer into the finest level whose 256 slots reach its time.
void TimerWheel::place(WheelTimer& timer) {
  constexpr std::uint64_t kSpan = std::uint64_t{1} << (kBits * kLevels);
  const std::uint64_t due = std::min(timer.due_, now_ + kSpan - 1);
  const std::uint64_t distance = due - now_;
  std::size_t level = 0;
  while (distance >> (kBits * (level + 1)) != 0) ++level;
  const auto index = static_cast<std::size_t>(due >> (kBits * level)) % kSlots;
  link(timer, static_cast<std::uint16_t>(level * kSlots + index));
}

void TimerWheel::link(WheelTimer& timer, std::uint16_t slot) {
  timer.slot_ = slot;
  timer.previous_ = nullptr;
  timer.next_ = slots_[slot];
  if (timer.next_ != nullptr) timer.next_->previous_ = &timer;
  slots_[slot] = &timer;
  if (slot < kLate) occupied_[slot / kSlots][slot % kSlots / 64] |= std::uint64_t{1} << slot % 64;
}

void TimerWheel::unlink(WheelTimer& timer) noexcept {
  const auto slot = timer.slot_;
  (timer.previous_ != nullptr ? timer.previous_->next_ : slots_[slot]) = timer.next_;
  if (timer.next_ != nullptr) timer.next_->previous_ = timer.previous_;
  timer.next_ = timer.previous_ = nullptr;
  if (slot < kLate && slots_[slot] == nullptr) {
    occupied_[slot / kSlots][slot % kSlots / 64] &= ~(std::uint64_t{1} << slot % 64);
  }
}

/// Moves all timers of a slot to those about to be fired.
void TimerWheel::splice(std::uint16_t slot) {
  while (WheelTimer* timer = slots_[slot]) {
    unlink(*timer);
    link(*timer, kFiring);
  }
}

/// When the next occupied slot of a level comes up: after now_, at most one round later.
std::uint64_t TimerWheel::next_in_level(std::size_t level) const {
  const auto& words = occupied_[level];
  const std::uint64_t turn = now_ >> (kBits * level);
  const auto current = static_cast<std::size_t>(turn) % kSlots;
  for (std::size_t i = 0; i <= words.size(); ++i) {
    const std::size_t word = (current / 64 + i) % words.size();
    std::uint64_t bits = words[word];
    const std::uint64_t up_to_current = ~std::uint64_t{0} >> (63 - current % 64);
    if (i == 0) bits &= ~up_to_current;
    if (i == words.size()) bits &= up_to_current;
    if (bits == 0) continue;
    const std::size_t index = word * 64 + static_cast<std::size_t>(std::countr_zero(bits));
    const std::size_t distance = index > current ? index - current : index + kSlots - current;
    return (turn + distance) << (kBits * level);
  }
  return kNever;
}

std::uint64_t TimerWheel::next_event() const {
  std::uint64_t next = kNever;
  for (std::size_t level = 0; level < kLevels; ++level) {
    next = std::min(next, next_in_level(level));
  }
  return next;
}

/// Goes to a time that next_event() gave: spreads the coarse slots that begin there, then takes out
/// what is due.
void TimerWheel::step_to(std::uint64_t at) {
  now_ = at;
  for (std::size_t level = kLevels - 1; level > 0; --level) {
    const std::uint64_t below = (std::uint64_t{1} << (kBits * level)) - 1;
    if ((at & below) == 0) cascade(level);
  }
  splice(static_cast<std::uint16_t>(at % kSlots));
}

void TimerWheel::cascade(std::size_t level) {
  const auto index = static_cast<std::size_t>(now_ >> (kBits * level)) % kSlots;
  WheelTimer*& head = slots_[level * kSlots + index];
  WheelTimer* timer = head;
  head = nullptr;
  occupied_[level][index / 64] &= ~(std::uint64_t{1} << index % 64);
  while (timer != nullptr) {
    WheelTimer* const next = timer->next_;
    place(*timer);
    timer = next;
  }
}

std::optional<TimerWheel::Time> TimerWheel::next_deadline() const {
  if (size_ == 0) return std::nullopt;
  const bool at_once = slots_[kLate] != nullptr || slots_[kFiring] != nullptr;
  const std::uint64_t next = at_once ? now_ : next_event();
  return origin_ + milliseconds{static_cast<std::int64_t>(next)};
}

}  // namespace pbx::sip
