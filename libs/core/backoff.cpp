#include "core/backoff.hpp"

#include <algorithm>

#include "core/random.hpp"

namespace pbx {

using std::chrono::milliseconds;

namespace {

constexpr std::size_t kMostDoublings = 16;

milliseconds between(milliseconds least, milliseconds most) {
  const auto width =
      static_cast<std::uint64_t>(std::max<milliseconds::rep>(0, (most - least).count()));
  return least + milliseconds{random_u64() % (width + 1)};
}

}  // namespace

milliseconds backoff(milliseconds least, milliseconds most, std::size_t failures) {
  const auto full = std::min(least * (1 << std::min(failures, kMostDoublings)), most);
  return between(full / 2, full);
}

milliseconds jittered(milliseconds wait) { return between(wait * 3 / 4, wait * 5 / 4); }

}  // namespace pbx
