#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "core/clock.hpp"

namespace pbx::proxy {

/// What waits for one backend, and whether more would wait too long: what waits over what was
/// answered a second while it was busy (Little's law) is how long a new one would.
class Backlog {
 public:
  static constexpr std::chrono::milliseconds kTarget{200};  ///< Nobody is to wait longer.
  static constexpr std::size_t kFloor = 64;    ///< So many may always wait, on any backend.
  static constexpr std::size_t kBlind = 4096;  ///< So many, until its speed is known.

  void begin(Clock::Steady now);
  void end(Clock::Steady now);
  /// There is room for one more.
  bool admits(Clock::Steady now);

  std::size_t waiting() const { return waiting_; }

 private:
  void roll(Clock::Steady now);

  std::size_t waiting_ = 0;
  std::size_t least_ = 0;  ///< Waiting, in this window.
  std::size_t ended_ = 0;  ///< In this window.
  Clock::Steady window_{};
  std::optional<double> speed_;  ///< Answered a millisecond.
  Clock::Steady measured_{};
};

/// What there is too much of when something is refused with 503.
enum class Excess : std::uint8_t {
  Receiving,      ///< Packets wait in the sockets.
  Registrations,  ///< Wait for the registrar.
  Calls,          ///< Wait for Redis.
  Transactions,   ///< The table is full.
};
inline constexpr std::array<std::string_view, 4> kExcesses{"receiving", "registrations", "calls",
                                                           "transactions"};

/// One worker's defence against more than it can do (RFC 6357): what begins something new is
/// refused with 503 before what is under way becomes slow. What belongs to a call that is up is
/// never refused by it.
struct Overload {
  static constexpr std::chrono::milliseconds kReceiving{100};

  Backlog registrations;
  Backlog calls;
  /// Since when packets have been waiting without a pause; 0: none wait.
  std::chrono::milliseconds receiving{0};

  bool admits_any() const { return receiving < kReceiving; }
};

}  // namespace pbx::proxy
