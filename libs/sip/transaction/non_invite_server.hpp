#pragma once

#include <optional>

#include "sip/transaction/types.hpp"

/// RFC 3261 figure 8.
///
///       request: pass
///            |
///         Trying ----200-699: send----.
///            | 1xx: send               v
///            v                     Completed --Timer J--> Terminated
///       Proceeding --200-699: send--^ request: repeat       ^
///         request: repeat  `---- transport error -----------'
namespace pbx::sip::non_invite_server {

enum class State : std::uint8_t { Trying, Proceeding, Completed, Terminated };

enum class Event : std::uint8_t {
  Request,      ///< The request came again.
  Provisional,  ///< The user sends 100–199.
  Final,        ///< The user sends 200–699.
  TimerJ,
  TransportError,  ///< Sending a response failed.
};

/// The request came.
constexpr Transition<State> begin() { return {State::Trying, Acts{Act::Pass}, {}, {}}; }

/// nullopt: the event means nothing in that state; drop the message or the timer.
constexpr std::optional<Transition<State>> next(State state, Event event) {
  using enum State;
  const bool unanswered = state == Trying || state == Proceeding;
  switch (event) {
    case Event::Request:
      if (state == Trying) return Transition<State>{Trying, {}, {}, {}};
      if (state == Terminated) return std::nullopt;
      return Transition<State>{state, Acts{Act::ResendResponse}, {}, {}};
    case Event::Provisional:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Proceeding, Acts{Act::SendResponse}, {}, {}};
    case Event::Final:
      if (!unanswered) return std::nullopt;
      return Transition<State>{Completed, Acts{Act::SendResponse}, TimerSet{TimerId::J}, {}};
    case Event::TimerJ:
      if (state != Completed) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TransportError:
      if (state != Proceeding && state != Completed) return std::nullopt;
      return Transition<State>{
          Terminated, Acts{Act::ReportTransportError}, {}, TimerSet{TimerId::J}};
  }
  return std::nullopt;
}

}  // namespace pbx::sip::non_invite_server
