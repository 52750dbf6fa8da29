#pragma once

#include <optional>

#include "sip/transaction/types.hpp"

/// RFC 3261 figure 5 as changed by RFC 6026 figure 1.
///
///            send INVITE
///                 |  Timer A: send again          Timer B, transport error
///             Calling ------------------------------------------.
///      1xx   /   |  \ 2xx                                        |
///           v    |   `---------------------.                     |
///     Proceeding |300-699: ACK              |                    |
///        |   \   v                          v                    v
///        |    Completed --Timer D--.     Accepted --Timer M--> Terminated
///        |       300-699: ACK      |      2xx: pass              ^
///        `--2xx--> Accepted        `-----------------------------'
namespace pbx::sip::invite_client {

enum class State : std::uint8_t { Calling, Proceeding, Completed, Accepted, Terminated };

enum class Event : std::uint8_t {
  Provisional,  ///< 100–199
  Success,      ///< 200–299
  Failure,      ///< 300–699
  TimerA,
  TimerB,
  TimerD,
  TimerM,
  TransportError,  ///< Sending the INVITE or the ACK failed.
};

/// Sending the INVITE.
constexpr Transition<State> begin(Reliability reliability) {
  const bool repeats = reliability == Reliability::Unreliable;
  return {State::Calling,
          Acts{Act::SendRequest},
          repeats ? TimerSet{TimerId::A, TimerId::B} : TimerSet{TimerId::B},
          {}};
}

/// nullopt: the event means nothing in that state; drop the message or the timer.
constexpr std::optional<Transition<State>> next(State state, Event event) {
  using enum State;
  const bool unanswered = state == Calling || state == Proceeding;
  const TimerSet asking{TimerId::A, TimerId::B};
  switch (event) {
    case Event::Provisional:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Proceeding, Acts{Act::Pass}, {}, asking};
    case Event::Success:
      if (unanswered)
        return Transition<State>{Accepted, Acts{Act::Pass}, TimerSet{TimerId::M}, asking};
      if (state == Accepted) return Transition<State>{Accepted, Acts{Act::Pass}, {}, {}};
      return std::nullopt;
    case Event::Failure:
      if (unanswered) {
        return Transition<State>{Completed, Acts{Act::Pass, Act::SendAck}, TimerSet{TimerId::D},
                                 asking};
      }
      if (state == Completed) return Transition<State>{Completed, Acts{Act::SendAck}, {}, {}};
      return std::nullopt;
    case Event::TimerA:
      if (state != Calling) return std::nullopt;
      return Transition<State>{Calling, Acts{Act::SendRequest}, TimerSet{TimerId::A}, {}};
    case Event::TimerB:
      if (state != Calling) return std::nullopt;
      return Transition<State>{Terminated, Acts{Act::ReportTimeout}, {}, asking};
    case Event::TimerD:
      if (state != Completed) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TimerM:
      if (state != Accepted) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TransportError:
      if (state != Calling && state != Completed) return std::nullopt;
      return Transition<State>{Terminated,
                               Acts{Act::ReportTransportError},
                               {},
                               TimerSet{TimerId::A, TimerId::B, TimerId::D}};
  }
  return std::nullopt;
}

}  // namespace pbx::sip::invite_client
