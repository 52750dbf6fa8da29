#pragma once

#include <cstdint>
#include <string>

#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// What one worker hands to another.
struct Parcel {
  enum class Kind : std::uint8_t {
    Message,  ///< Received by another worker; its transaction may be here.
    Orphan,   ///< Nobody has its transaction; if its call can be resumed, then here.
    Send,     ///< To be sent over a stream that this worker holds.
    Unsent,   ///< A Send of ours that was not possible.
    Closed,   ///< A stream is gone.
  };
  Kind kind = Kind::Message;
  std::uint16_t origin = 0;  ///< Worker that received it, or wants to send it.
  std::uint16_t asked = 1;   ///< Workers that have had it, the origin included.
  Flow flow;
  std::uint64_t report_to = 0;
  std::string bytes;
};

}  // namespace pbx::proxy
