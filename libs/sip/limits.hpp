#pragma once

#include <cstddef>

namespace pbx::sip {

/// Bounds of what a parser accepts. `message` cannot be raised above its default.
struct Limits {
  std::size_t message = 65'535;  ///< Bytes, body included.
  std::size_t headers = 256;     ///< Header fields.
  std::size_t line = 16'384;     ///< Bytes of one header field with its folded lines.
};

}  // namespace pbx::sip
