#include "telemetry/rate_limited.hpp"

namespace pbx::log {

bool RateLimited::admit(Time now) {
  const auto second = static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  const std::uint64_t window = (second & 0xffff'ffff) << 32;
  auto seen = window_.load(std::memory_order_relaxed);
  for (;;) {
    const bool same_window = (seen >> 32 << 32) == window;
    const std::uint64_t lines = same_window ? seen & 0xffff'ffff : 0;
    if (lines >= per_second_) {
      left_out_.fetch_add(1, std::memory_order_relaxed);
      return false;
    }
    if (window_.compare_exchange_weak(seen, window | (lines + 1), std::memory_order_relaxed)) {
      return true;
    }
  }
}

void RateLimited::operator()(Fields fields) {
  if (!enabled(level_) || !admit(std::chrono::steady_clock::now())) return;
  const auto left_out = take_left_out();
  if (left_out == 0) return write(level_, event_, fields);
  write(level_, event_, fields, Field{"left_out", left_out});
}

}  // namespace pbx::log
