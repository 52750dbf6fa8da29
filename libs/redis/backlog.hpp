#pragma once

#include <chrono>
#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <utility>

#include "redis/client.hpp"

namespace pbx::redis {

/// Commands of one connection that have no reply yet, in the order of their replies, and the bytes
/// of those that are not written yet.
class Backlog {
 public:
  using Time = std::chrono::steady_clock::time_point;

  struct Pending {
    Callback done;  // empty: timed out, its reply is awaited only to keep the order
    Time since;
    bool raw = false;  // error replies are handed over as they are
    bool first_of_write = false;
  };

  std::size_t size() const { return pending_.size(); }
  std::size_t unsent() const { return unsent_; }
  std::size_t unsent_bytes() const { return out_.size(); }

  void push(const Command& command, Callback done, Time now, bool raw = false) {
    command.append_to(out_);
    pending_.push_back({std::move(done), now, raw, false});
    ++unsent_;
  }

  /// Hands over all unsent bytes as one write; `into` is reused for the next ones.
  std::size_t take_unsent(std::string& into, Time now) {
    into.clear();
    into.swap(out_);
    for (auto at = pending_.size() - unsent_; at < pending_.size(); ++at) pending_[at].since = now;
    if (unsent_ != 0) pending_[pending_.size() - unsent_].first_of_write = true;
    return std::exchange(unsent_, 0);
  }

  /// The command that the next reply belongs to; nullopt when nobody asked.
  std::optional<Pending> pop() {
    if (pending_.size() == unsent_) return std::nullopt;
    std::optional<Pending> front{std::move(pending_.front())};
    pending_.pop_front();
    if (overdue_ != 0) --overdue_;
    return front;
  }

  /// Callbacks of commands older than `before`; their places stay until the replies come.
  std::deque<Callback> expire(Time before) {
    std::deque<Callback> late;
    for (; overdue_ < pending_.size() && pending_[overdue_].since < before; ++overdue_) {
      late.push_back(std::move(pending_[overdue_].done));
    }
    return late;
  }

  /// Since when the oldest command has waited.
  std::optional<Time> oldest() const {
    if (pending_.empty()) return std::nullopt;
    return pending_.front().since;
  }

  std::deque<Pending> clear() {
    out_.clear();
    unsent_ = overdue_ = 0;
    return std::exchange(pending_, {});
  }

 private:
  std::deque<Pending> pending_;
  std::string out_;
  std::size_t unsent_ = 0;   // at the back of pending_
  std::size_t overdue_ = 0;  // at the front of pending_: callbacks already told Timeout
};

}  // namespace pbx::redis
