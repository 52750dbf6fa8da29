#pragma once

#include <optional>

#include "sip/transaction/types.hpp"

/// RFC 3261 figure 7 as changed by RFC 6026 figure 2.
///
///           INVITE: pass
///               |
///          Proceeding   INVITE: repeat last response; 1xx: send
///   300-699 /       \ 2xx: send
///   send   v         v
///     Completed    Accepted   ACK: pass; 2xx: send; INVITE: swallow
///      |  Timer G, INVITE: repeat        |
///      |ACK      \ Timer H: report       | Timer L
///      v          v                      v
///   Confirmed --Timer I--> Terminated <--'
namespace pbx::sip::invite_server {

enum class State : std::uint8_t { Proceeding, Completed, Confirmed, Accepted, Terminated };

enum class Event : std::uint8_t {
  Invite,  ///< The request came again.
  Ack,
  Provisional,  ///< The user sends 101–199 (or the caller its 100).
  Success,      ///< The user sends 200–299, the first time or again.
  Failure,      ///< The user sends 300–699.
  TimerG,
  TimerH,
  TimerI,
  TimerL,
  TransportError,  ///< Sending a response failed.
};

/// The INVITE came. The caller sends 100 if the user will not answer within 200 ms.
constexpr Transition<State> begin() { return {State::Proceeding, Acts{Act::Pass}, {}, {}}; }

/// nullopt: the event means nothing in that state; drop the message or the timer.
/// Act::ResendResponse when no response was sent yet means nothing to do.
constexpr std::optional<Transition<State>> next(State state, Event event, Reliability reliability) {
  using enum State;
  const bool unreliable = reliability == Reliability::Unreliable;
  switch (event) {
    case Event::Invite:
      if (state == Proceeding || state == Completed) {
        return Transition<State>{state, Acts{Act::ResendResponse}, {}, {}};
      }
      if (state == Accepted || state == Confirmed) return Transition<State>{state, {}, {}, {}};
      return std::nullopt;
    case Event::Ack:
      if (state == Completed) {
        return Transition<State>{
            Confirmed, {}, TimerSet{TimerId::I}, TimerSet{TimerId::G, TimerId::H}};
      }
      if (state == Accepted) return Transition<State>{Accepted, Acts{Act::Pass}, {}, {}};
      if (state == Confirmed) return Transition<State>{Confirmed, {}, {}, {}};
      return std::nullopt;
    case Event::Provisional:
      if (state != Proceeding) return std::nullopt;
      return Transition<State>{Proceeding, Acts{Act::SendResponse}, {}, {}};
    case Event::Success:
      if (state == Proceeding) {
        return Transition<State>{Accepted, Acts{Act::SendResponse}, TimerSet{TimerId::L}, {}};
      }
      if (state == Accepted) return Transition<State>{Accepted, Acts{Act::SendResponse}, {}, {}};
      return std::nullopt;
    case Event::Failure:
      if (state != Proceeding) return std::nullopt;
      return Transition<State>{Completed,
                               Acts{Act::SendResponse},
                               unreliable ? TimerSet{TimerId::G, TimerId::H} : TimerSet{TimerId::H},
                               {}};
    case Event::TimerG:
      if (state != Completed) return std::nullopt;
      return Transition<State>{Completed, Acts{Act::ResendResponse}, TimerSet{TimerId::G}, {}};
    case Event::TimerH:
      if (state != Completed) return std::nullopt;
      return Transition<State>{Terminated, Acts{Act::ReportTimeout}, {}, TimerSet{TimerId::G}};
    case Event::TimerI:
      if (state != Confirmed) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TimerL:
      if (state != Accepted) return std::nullopt;
      return Transition<State>{Terminated, {}, {}, {}};
    case Event::TransportError:
      // RFC 6026 §7.1: a response that could not be sent does not end the transaction.
      if (state != Proceeding && state != Completed && state != Accepted) return std::nullopt;
      return Transition<State>{state, Acts{Act::ReportTransportError}, {}, {}};
  }
  return std::nullopt;
}

}  // namespace pbx::sip::invite_server
