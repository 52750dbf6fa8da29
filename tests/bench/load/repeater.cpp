#include "load/repeater.hpp"

#include <algorithm>

namespace pbx::bench {
namespace {

constexpr std::chrono::milliseconds kT1{500};

}  // namespace

void Repeater::begin(std::uint32_t index, Time now) {
  auto& pending = find_(index);
  ++pending.step;
  pending.waiting = true;
  lines_.send(pending.line, pending.to, pending.text);
  timers_[0].push_back({now + kT1, index, pending.step});
}

void Repeater::run(Time now) {
  for (std::size_t sent = 0; sent < timers_.size(); ++sent) {
    auto& queue = timers_[sent];
    while (!queue.empty() && queue.front().at <= now) {
      const auto timer = queue.front();
      queue.pop_front();
      repeat(timer, sent, now);
    }
  }
}

void Repeater::repeat(const Timer& timer, std::size_t sent, Time now) {
  auto& pending = find_(timer.index);
  if (!pending.waiting || pending.step != timer.step) return;
  if (sent == kRepetitions) {
    pending.waiting = false;
    give_up_(timer.index);
    return;
  }
  ++stats_.retransmissions;
  stats_.most_repeated = std::max<std::uint64_t>(stats_.most_repeated, sent + 1);
  lines_.send(pending.line, pending.to, pending.text);
  timers_[sent + 1].push_back({now + kT1 * (2 << sent), timer.index, timer.step});
}

}  // namespace pbx::bench
