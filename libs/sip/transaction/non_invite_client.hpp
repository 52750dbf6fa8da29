#pragma once

#include <optional>

#include "sip/transaction/types.hpp"

/// RFC 3261 figure 6.
///
///          send request
///               |   Timer E: send again        Timer F, transport error
///            Trying -------------------------------------.
///        1xx   |  `--200-699---.                          |
///              v                v                         v
///         Proceeding --200-699--> Completed --Timer K--> Terminated
///           Timer E: send again (every T2)                ^
///              `------ Timer F, transport error ----------'
namespace pbx::sip::non_invite_client {

enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };

enum class Event : std::uint8_t {
  Provisional,  ///< 100–199
  Final,        ///< 200–699
  TimerE,
  TimerF,
  TimerK,
  TransportError,
};

/// Sending the request.
constexpr Transition<State> begin(Reliability reliability) {
  const bool repeats = reliability == Reliability::Unreliable;
  return {State::Trying,
          Acts{Act::SendRequest},
          repeats ? TimerSet{TimerId::E, TimerId::F} : TimerSet{TimerId::F},
          {}};
}

/// nullopt: the event means nothing in that state; drop the message or the timer.
constexpr std::optional<Transition<State>> next(State state, Event event) {
  using enum State;
  const bool unanswered = state == Trying || state == Proceeding;
  const TimerSet asking{TimerId::E, TimerId::F};
  switch (event) {
    case Event::Provisional:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Proceeding, Acts{Act::Pass}, {}, {}};
    case Event::Final:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Completed, Acts{Act::Pass}, TimerSet{TimerId::K}, asking};
    case Event::TimerE:
      if (!unanswered) return std::nullopt;
      return Transition<State>{state, Acts{Act::SendRequest}, TimerSet{TimerId::E}, {}};
    case Event::TimerF:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Terminated, Acts{Act::ReportTimeout}, {}, asking};
    case Event::TimerK:
      if (state != Completed) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TransportError:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Terminated, Acts{Act::ReportTransportError}, {}, asking};
  }
  return std::nullopt;
}

}  // namespace pbx::sip::non_invite_client
