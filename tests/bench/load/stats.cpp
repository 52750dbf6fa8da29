#include "load/stats.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdio>

namespace pbx::bench {

std::size_t Histogram::bucket(std::uint64_t us) {
  if (us < kFine) return us;
  const auto power = static_cast<std::size_t>(std::bit_width(us)) - std::bit_width(kFine - 1);
  return std::min(power * kFine + ((us >> power) & (kFine - 1)), kFine * kPowers - 1);
}

double Histogram::middle(std::size_t at) {
  const auto power = at / kFine;
  return std::ldexp(static_cast<double>(at % kFine) + 0.5, static_cast<int>(power));
}

void Histogram::add(Duration latency) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  ++counts_[bucket(static_cast<std::uint64_t>(std::max<std::int64_t>(us, 0)))];
  ++total_;
}

double Histogram::quantile(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    seen += counts_[i];
    if (seen >= wanted && seen > 0) return middle(i);
  }
  return 0;
}

std::string to_json(const char* event, const Stats& stats, double rate, double seconds) {
  std::string refused;
  for (const auto& [code, count] : stats.refused) {
    refused +=
        (refused.empty() ? "\"" : ",\"") + std::to_string(code) + "\":" + std::to_string(count);
  }
  char text[640];
  std::snprintf(
      text, sizeof text,
      R"({"event":"%s","rate":%.0f,"seconds":%.3f,"carried":%llu,"started":%llu,)"
      R"("completed":%llu,"failed":%llu,"retransmissions":%llu,"most_repeated":%llu,"skipped":%llu,)"
      R"("late_ms":%.1f,"p50_us":%.0f,"p99_us":%.0f,"refused":{)",
      event, rate, seconds, static_cast<unsigned long long>(stats.carried),
      static_cast<unsigned long long>(stats.started),
      static_cast<unsigned long long>(stats.completed),
      static_cast<unsigned long long>(stats.failed),
      static_cast<unsigned long long>(stats.retransmissions),
      static_cast<unsigned long long>(stats.most_repeated),
      static_cast<unsigned long long>(stats.skipped), stats.late_ms, stats.latency.quantile(0.5),
      stats.latency.quantile(0.99));
  return text + refused + "}}";
}

}  // namespace pbx::bench
