#include "runtime/descriptors.hpp"

#include <sys/resource.h>

#include <algorithm>

namespace pbx::runtime {
namespace {

/// More than any process here needs; "no limit" would make what walks over all of them slow.
constexpr rlim_t kEnough = 1'048'576;
constexpr std::size_t kUnknown = 1'024;

}  // namespace

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return kUnknown;
  const auto wanted = std::min(limit.rlim_max, kEnough);
  if (limit.rlim_cur < wanted) {
    rlimit raised = limit;
    raised.rlim_cur = wanted;
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(std::min(limit.rlim_cur, kEnough));
}

}  // namespace pbx::runtime
