#pragma once

#include <chrono>
#include <cstddef>

namespace pbx {

/// How long to wait after `failures` attempts that failed in a row, besides the first:
/// `least` · 2^failures, `most` at most, the upper half of it by chance, so that those who failed
/// together do not come back together.
std::chrono::milliseconds backoff(std::chrono::milliseconds least, std::chrono::milliseconds most,
                                  std::size_t failures);

/// `wait`, a quarter more or less by chance: between things that many do at regular times.
std::chrono::milliseconds jittered(std::chrono::milliseconds wait);

}  // namespace pbx
