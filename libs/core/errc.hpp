#pragma once

#include <string_view>
#include <system_error>

namespace pbx {

/// Failures that several libraries share; a library's own protocol errors are in its own Errc.
enum class Errc {
  InvalidArgument = 1,
  NotFound,
  AlreadyExists,
  Conflict,  ///< Somebody else changed it first.
  PermissionDenied,
  Unauthenticated,
  Unavailable,  ///< A backend is away; trying again later may help.
  Timeout,
  Overloaded,  ///< A bounded queue is full.
  Cancelled,
  BadData,  ///< Bytes from a store or peer that do not parse.
  Internal,
};

const std::error_category& core_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), core_category()};
}

}  // namespace pbx

template <>
struct std::is_error_code_enum<pbx::Errc> : std::true_type {};
