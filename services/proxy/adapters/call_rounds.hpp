#pragma once

#include <cstddef>
#include <vector>

#include "proxy/adapters/live_calls.hpp"
#include "proxy/domain/endpoint.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/session_watch.hpp"

namespace pbx::proxy {

/// Says whose turn it is to be asked by the SessionWatch: each answered call of this process every
/// `callCheck`, spread over its second half so that calls that began together are not asked
/// together; at once when something hints that a phone is gone. Ends calls that have lasted too
/// long. Of one worker of the process.
class CallRounds {
 public:
  CallRounds(const Node& node, LiveCalls& live, SessionWatch& watch)
      : node_{node}, live_{live}, watch_{watch} {}

  /// To be called about once a second: looks at one shard of the calls, and at all for a hint.
  void run();
  /// Nothing can be sent to this address, or its connection is gone.
  void hint(const Endpoint& phone);
  /// The watch has heard both phones of a call.
  void settled(const state::v1::DialogRecord& record, Clock::Steady confirmed);

 private:
  void look_at(LiveCall& call, Clock::Steady now);
  bool is_hinted_at(const state::v1::DialogRecord& record) const;
  void follow_hints(Clock::Steady now);
  Clock::Steady next_turn(Clock::Steady now) const;

  const Node& node_;
  LiveCalls& live_;
  SessionWatch& watch_;
  std::size_t shard_ = 0;
  std::vector<Endpoint> hints_;
};

}  // namespace pbx::proxy
