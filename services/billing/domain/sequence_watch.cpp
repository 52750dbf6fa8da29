#include "billing/domain/sequence_watch.hpp"

#include <algorithm>

namespace pbx::billing {
namespace {

constexpr std::int64_t kClockSkewMs = 5'000;
constexpr std::int64_t kForgottenAfterMs = 12 * 3600 * 1000;

}  // namespace

SequenceWatch::Verdict SequenceWatch::see(const events::v1::CallEvent& event) {
  missing_ = 0;
  if (began_ms_ == 0) began_ms_ = event.at_ms();
  newest_ms_ = std::max(newest_ms_, event.at_ms());

  const bool ended = event.kind() == events::v1::CALL_EVENT_KIND_ENDED;
  const auto known = calls_.find(event.call_id());
  if (known == calls_.end()) {
    const auto verdict = first_of_call(event);
    if (!ended) {
      if (calls_.size() >= most_calls_) make_room();
      calls_[event.call_id()] = {event.sequence(), event.at_ms()};
    }
    return verdict;
  }
  const auto expected = known->second.sequence + 1;
  if (event.sequence() < expected) return Verdict::Repeated;
  missing_ = event.sequence() - expected;
  if (ended) {
    calls_.erase(known);
  } else {
    known->second = {event.sequence(), event.at_ms()};
  }
  return missing_ == 0 ? Verdict::Next : Verdict::Gap;
}

SequenceWatch::Verdict SequenceWatch::first_of_call(const events::v1::CallEvent& event) {
  if (event.sequence() <= 1) return Verdict::Next;
  const bool began_before_us = event.started_at_ms() <= began_ms_ + kClockSkewMs;
  if (began_before_us) return Verdict::Next;
  // An ENDED event that comes once more finds its call forgotten; that is no gap.
  if (event.kind() == events::v1::CALL_EVENT_KIND_ENDED) return Verdict::Repeated;
  missing_ = event.sequence() - 1;
  return Verdict::Gap;
}

void SequenceWatch::make_room() {
  std::erase_if(
      calls_, [&](const auto& call) { return call.second.at_ms < newest_ms_ - kForgottenAfterMs; });
  if (calls_.size() < most_calls_) return;
  // More calls under way than there is room for: begin again, judging only what starts from now on.
  calls_.clear();
  began_ms_ = newest_ms_;
}

}  // namespace pbx::billing
