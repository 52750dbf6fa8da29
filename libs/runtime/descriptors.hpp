#pragma once

#include <cstddef>

namespace pbx::runtime {

/// How many file descriptors this process may have open, after it has raised its limit as far as it
/// may itself (RLIMIT_NOFILE, soft to hard). Application calls it and keeps the answer.
std::size_t raise_descriptor_limit();

}  // namespace pbx::runtime
