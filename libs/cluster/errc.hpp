#pragma once

#include <system_error>

namespace pbx::cluster {

enum class Errc {
  AlreadyEnded = 1,  ///< Somebody else ended the call: nothing to publish.
  AlreadyAnswered,   ///< By another branch.
  NotAnswered,       ///< As far as the record says; the answer is yet to be written.
};

const std::error_category& cluster_category() noexcept;
inline std::error_code make_error_code(Errc code) noexcept {
  return {static_cast<int>(code), cluster_category()};
}

}  // namespace pbx::cluster

template <>
struct std::is_error_code_enum<pbx::cluster::Errc> : std::true_type {};
