#pragma once

#include <chrono>
#include <concepts>
#include <cstdint>

namespace pbx::sip {

/// Timers of RFC 3261 table 4 with L and M of RFC 6026. C, the proxy's own, is in no machine.
enum class TimerId : std::uint8_t { A, B, C, D, E, F, G, H, I, J, K, L, M };

/// A set of timers as bits.
class TimerSet {
 public:
  constexpr TimerSet() = default;
  template <std::same_as<TimerId>... Timers>
  constexpr explicit TimerSet(TimerId first, Timers... more)
      : bits_{static_cast<std::uint16_t>((bit(first) | ... | bit(more)))} {}

  constexpr bool has(TimerId timer) const { return (bits_ & bit(timer)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// Calls `act(TimerId)` for each.
  template <class Act>
  constexpr void for_each(Act&& act) const {
    for (unsigned i = 0; i <= static_cast<unsigned>(TimerId::M); ++i) {
      if (has(static_cast<TimerId>(i))) act(static_cast<TimerId>(i));
    }
  }
  friend constexpr bool operator==(TimerSet, TimerSet) = default;

 private:
  static constexpr unsigned bit(TimerId timer) { return 1u << static_cast<unsigned>(timer); }
  std::uint16_t bits_ = 0;
};

/// What the caller does on a transition, besides timers.
enum class Act : std::uint8_t {
  Pass,                  ///< Give the message of the event to the transaction user.
  SendRequest,           ///< Send the request, first time or again.
  SendAck,               ///< Send the ACK for this 300–699 (append_ack).
  SendResponse,          ///< Send the response of the event.
  ResendResponse,        ///< Send the last response again.
  ReportTimeout,         ///< Tell the user: as if a 408 had come.
  ReportTransportError,  ///< Tell the user: as if a 503 had come.
};

class Acts {
 public:
  constexpr Acts() = default;
  template <std::same_as<Act>... More>
  constexpr explicit Acts(Act first, More... more)
      : bits_{static_cast<std::uint16_t>((bit(first) | ... | bit(more)))} {}
  constexpr bool has(Act act) const { return (bits_ & bit(act)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  friend constexpr bool operator==(Acts, Acts) = default;

 private:
  static constexpr unsigned bit(Act act) { return 1u << static_cast<unsigned>(act); }
  std::uint16_t bits_ = 0;
};

/// The result of an event. Entering Terminated stops all timers; destroy the transaction after the
/// acts. `start` restarts a timer that runs.
template <class State>
struct Transition {
  State state;
  Acts acts;
  TimerSet start;
  TimerSet stop;

  friend constexpr bool operator==(const Transition&, const Transition&) = default;
};

/// Unreliable is UDP: requests and responses are repeated, late messages are waited for.
enum class Reliability : std::uint8_t { Unreliable, Reliable };

inline constexpr std::chrono::milliseconds kT1{500};
inline constexpr std::chrono::milliseconds kT2{4'000};
inline constexpr std::chrono::milliseconds kT4{5'000};
/// Timer C must be longer than three minutes (RFC 3261 §16.6 step 11).
inline constexpr std::chrono::milliseconds kTimerC{181'000};

/// How long `timer` runs. `round` counts the firings so far of a repeating one (A, E, G): A doubles
/// each time, E and G up to T2. `proceeding`: Timer E after a provisional response is T2. Zero
/// means that it fires at once (D, I, J, K on reliable transports).
constexpr std::chrono::milliseconds timer_length(TimerId timer, Reliability reliability,
                                                 unsigned round = 0, bool proceeding = false) {
  using std::chrono::milliseconds;
  const bool reliable = reliability == Reliability::Reliable;
  const auto doubled = kT1 * (1u << (round < 7 ? round : 7));
  switch (timer) {
    case TimerId::A:
      return doubled;
    case TimerId::E:
      return proceeding ? kT2 : (doubled < kT2 ? doubled : kT2);
    case TimerId::G:
      return doubled < kT2 ? doubled : kT2;
    case TimerId::B:
    case TimerId::F:
    case TimerId::H:
    case TimerId::L:
    case TimerId::M:
      return 64 * kT1;
    case TimerId::C:
      return kTimerC;
    case TimerId::D:
      return reliable ? milliseconds{0} : milliseconds{32'000};
    case TimerId::J:
      return reliable ? milliseconds{0} : 64 * kT1;
    case TimerId::I:
    case TimerId::K:
      return reliable ? milliseconds{0} : kT4;
  }
  return milliseconds{0};
}

}  // namespace pbx::sip
