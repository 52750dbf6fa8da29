#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

#include "redis/client.hpp"
#include "redis/slot_map.hpp"

namespace pbx::redis {

/// A command on its way to a cluster, kept until its reply because it may have to be sent again.
struct Request {
  Command command;
  Callback done;
  std::chrono::steady_clock::time_point since;
  std::uint64_t number = 0;  ///< Order of send().
  std::uint16_t slot = 0;
  std::uint8_t redirects = 0;
  std::uint8_t retries = 0;
  bool asking = false;  ///< Goes to `ask_at` behind ASKING, once.
  Address ask_at{};
};
using RequestPtr = std::unique_ptr<Request>;

/// Keeps the order of each slot's commands while some must be sent again. A lane exists for a slot
/// with such commands: later ones wait in it too, and they leave it together, in the order of
/// send(), when none of the slot is in flight any more.
class Lanes {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Queue = std::deque<RequestPtr>;

  Lanes() : in_flight_(kSlots) {}

  bool held(std::uint16_t slot) const { return !lanes_.empty() && lanes_.contains(slot); }
  /// Commands that wait.
  std::size_t size() const { return size_; }

  void sent(std::uint16_t slot) { ++in_flight_[slot]; }
  void settled(std::uint16_t slot) { --in_flight_[slot]; }

  /// Puts a command in its place by number. The lane stays shut until `due` at least.
  void hold(RequestPtr request, Time due) {
    auto& lane = lanes_[request->slot];
    if (due > lane.due) lane.due = due;
    auto at = lane.queue.end();
    while (at != lane.queue.begin() && (*std::prev(at))->number > request->number) --at;
    lane.queue.insert(at, std::move(request));
    ++size_;
  }

  /// The slot's waiting commands, and the lane is gone; none while some are in flight or the lane
  /// is shut.
  Queue release(std::uint16_t slot, Time now) {
    const auto found = lanes_.find(slot);
    if (found == lanes_.end() || in_flight_[slot] != 0 || now < found->second.due) return {};
    return take(found);
  }

  /// Waiting commands that were sent before `before`.
  Queue expire(Time before) {
    Queue late;
    for (auto at = lanes_.begin(); at != lanes_.end();) {
      auto& queue = at->second.queue;
      for (; !queue.empty() && queue.front()->since < before; queue.pop_front(), --size_) {
        late.push_back(std::move(queue.front()));
      }
      at = queue.empty() ? lanes_.erase(at) : std::next(at);
    }
    return late;
  }

  Queue clear() {
    Queue all;
    while (!lanes_.empty()) {
      for (auto& request : take(lanes_.begin())) all.push_back(std::move(request));
    }
    in_flight_.assign(kSlots, 0);
    return all;
  }

  std::vector<std::uint16_t> slots() const {
    std::vector<std::uint16_t> held;
    held.reserve(lanes_.size());
    for (const auto& [slot, lane] : lanes_) held.push_back(slot);
    return held;
  }

 private:
  struct Lane {
    Queue queue;
    Time due{};
  };
  using Table = std::unordered_map<std::uint16_t, Lane>;

  Queue take(Table::iterator lane) {
    auto queue = std::move(lane->second.queue);
    lanes_.erase(lane);
    size_ -= queue.size();
    return queue;
  }

  std::vector<std::uint32_t> in_flight_;
  Table lanes_;
  std::size_t size_ = 0;
};

}  // namespace pbx::redis
