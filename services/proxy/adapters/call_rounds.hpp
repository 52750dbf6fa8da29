#pragma once

#include <cstddef>

#include "proxy/adapters/live_calls.hpp"
#include "proxy/adapters/phone_hints.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/session_watch.hpp"

namespace pbx::proxy {

/// Says whose turn it is to be asked by the SessionWatch: each answered call of this process every
/// `callCheck`, spread over its second half so that calls that began together are not asked
/// together; at once when something hints that a phone is gone. Ends calls that have lasted too
/// long. Of one worker of the process.
class CallRounds {
 public:
  CallRounds(const Node& node, LiveCalls& live, PhoneHints& hints, SessionWatch& watch)
      : node_{node}, live_{live}, hints_{hints}, watch_{watch} {}

  /// To be called about once a second: looks at one shard of the calls, and at all for a hint.
  void run();
  /// The watch has heard both phones of a call.
  void settled(const state::v1::DialogRecord& record, const Confirmed& confirmed);

 private:
  void look_at(LiveCall& call, Clock::Steady now);
  void look_now(LiveCall& call, Clock::Steady now);
  bool is_hinted_at(const state::v1::DialogRecord& record, const PhoneHints::Hints& hints) const;
  void follow(const PhoneHints::Hints& hints, Clock::Steady now);
  Clock::Steady next_turn(Clock::Steady now) const;

  const Node& node_;
  LiveCalls& live_;
  PhoneHints& hints_;
  SessionWatch& watch_;
  std::size_t shard_ = 0;
};

}  // namespace pbx::proxy
