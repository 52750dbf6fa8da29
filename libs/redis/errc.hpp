#pragma once

#include <string_view>
#include <system_error>

namespace pbx::redis {

/// Error replies that a caller may want to tell apart. Those that say "not now" (CLUSTERDOWN,
/// TRYAGAIN, MISCONF, NOREPLICAS, BUSY) are pbx::Errc::Unavailable, all others pbx::Errc::BadData.
enum class Errc {
  NoFunction = 1,  ///< FCALL of a function that this Redis does not have (yet).
  ReadOnly,        ///< A replica: the writer is elsewhere.
  Loading,         ///< Redis is starting.
  Moved,           ///< MOVED or ASK: no cluster client, or one that was sent about too often.
  OutOfMemory,     ///< maxmemory is reached and nothing may be evicted.
  Denied,          ///< NOAUTH, WRONGPASS, NOPERM.
  AlreadyLoaded,   ///< FUNCTION LOAD of a library that is there.
};

const std::error_category& redis_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), redis_category()};
}

/// Redis could not do it now and may later: it is away, starts, is full, cannot save, is not the
/// master any more, or lacks a function that is being loaded. False: it has answered.
bool is_outage(std::error_code error);

/// What an error reply ("READONLY You can't write…") means.
std::error_code classify(std::string_view error_reply);

}  // namespace pbx::redis

template <>
struct std::is_error_code_enum<pbx::redis::Errc> : std::true_type {};
