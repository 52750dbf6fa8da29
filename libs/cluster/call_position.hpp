#pragma once

#include <cstdint>
#include <string>
#include <tuple>

namespace pbx::cluster {

/// Where a call stands among its tenant's: newest first, and for ever at the same place, whatever
/// calls begin or end before and behind it.
struct CallPosition {
  std::int64_t started_at_ms = 0;
  std::string call_id;
  std::string sip_call_id;

  friend bool operator<(const CallPosition& a, const CallPosition& b) {
    return std::tie(b.started_at_ms, a.call_id, a.sip_call_id) <
           std::tie(a.started_at_ms, b.call_id, b.sip_call_id);
  }
  friend bool operator==(const CallPosition&, const CallPosition&) = default;
};

}  // namespace pbx::cluster
