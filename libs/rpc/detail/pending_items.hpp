#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/move_function.hpp"
#include "core/result.hpp"

namespace google::protobuf {
class MessageLite;
}

namespace pbx::rpc::detail {

/// Items of a batched stream between submission and answer: which message each is in, when it
/// expires, what has to go out again. Ids count up by one, so they index a window; deadlines are in
/// the same order. No I/O and no clock.
class PendingItems {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Done = MoveFunction<void(Result<std::string_view>)>;
  struct Limits {
    std::size_t pending = 0;  ///< Items without answer.
    std::size_t message = 0;  ///< Bytes; an item that is larger goes alone.
    unsigned tries = 1;
  };
  struct Answered {
    Done done;
    Time submitted;
  };
  struct Expired {
    Done done;
    bool sent = false;
  };

  explicit PendingItems(Limits limits) : limits_{limits} {}

  std::uint64_t next_id() const { return first_id_ + window_.size(); }
  bool full() const { return live_ >= limits_.pending; }
  /// `id` must be next_id().
  void add(std::uint64_t id, const google::protobuf::MessageLite& item, Time now, Done done);

  bool has_unsent() const { return !unsent_.empty(); }
  /// The oldest message that is not sent, which counts as sent from now on; null when none is left.
  std::shared_ptr<const std::string> take_message();

  /// Nothing to call for an id that is unknown or answered already.
  Answered take(std::uint64_t id);

  /// The stream is lost: everything unanswered becomes unsent again, packed anew, so without what
  /// has expired. Gives back those items that have been sent as often as they may.
  std::vector<Done> requeue();
  /// Sent again by requeue() so far.
  std::uint64_t sent_again() const { return sent_again_; }

  /// Items submitted at or before `submitted_before` that still wait.
  std::vector<Expired> expire(Time submitted_before);
  std::vector<Done> take_all();

  std::size_t live() const { return live_; }
  /// Sent and not answered.
  std::size_t owed() const { return owed_; }

 private:
  struct Message {
    std::string bytes;
    std::size_t live = 0;  ///< Items in it that are not answered.
    bool sent = false;
  };
  struct Item {
    std::shared_ptr<Message> message;  ///< Null once answered.
    Done done;
    Time submitted;
    std::uint32_t at = 0;
    std::uint32_t length = 0;
    unsigned tries = 0;
  };

  Message& open_message(std::size_t length);
  Done finish(Item& item);
  void trim();

  const Limits limits_;
  std::uint64_t first_id_ = 1;
  std::deque<Item> window_;
  std::deque<std::shared_ptr<Message>> unsent_;
  std::size_t live_ = 0;
  std::size_t owed_ = 0;
  std::uint64_t sent_again_ = 0;
};

}  // namespace pbx::rpc::detail
