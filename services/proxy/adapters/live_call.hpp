#pragma once

#include <atomic>
#include <boost/asio/any_io_executor.hpp>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "calls/call.hpp"
#include "cluster/dialogs.hpp"
#include "core/clock.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/events/v1/call.pb.h"
#include "proxy/domain/session_check.hpp"

namespace pbx::proxy {

/// A call as one process knows it, and how much of that Redis has. All workers of the process tell
/// it what happens; one write at a time brings Redis up to it, by whichever worker began that
/// write. So steps are written in the order in which they happened, however many workers saw them,
/// and an outage needs no queue but this: what is not stored yet is the difference. Thread-safe.
class LiveCall {
 public:
  /// Who waits for a step, on whose thread.
  struct Waiter {
    boost::asio::any_io_executor executor;
    MoveFunction<void(Result<>)> done;
    /// Waits for a store that is away; others are told of it at once. The step is written either
    /// way.
    bool patient = false;
  };
  struct Answer {
    Waiter waiter;
    Result<> result;
  };
  using Answers = std::vector<Answer>;

  /// `stored`: the version that Redis has; 0: none yet.
  LiveCall(calls::Call call, std::uint32_t stored);

  const calls::Key& key() const { return key_; }

  /// Told: nothing has to be written for it, or a write is due; call take_write().
  Answers tell(calls::Event event, Waiter waiter, const std::string& node);

  struct Write {
    cluster::EncodedCall call;
    std::uint32_t expected = 0;
  };
  /// The one write that is due now, if one is and none is under way.
  std::optional<Write> take_write();
  struct Stored {
    std::vector<events::v1::CallEvent> events;  ///< To be published, in this order.
    Answers answers;
    std::optional<events::v1::CallEvent> ended;  ///< Its end is stored now; given once.
    bool was_lost = false;                       ///< Redis had lost it.
  };
  /// Redis has what the write said, up to `version`.
  Stored stored(std::uint32_t version);
  /// Redis has another version: what is not stored yet is told to that one.
  Stored rebase(calls::Call there, const std::string& node);
  /// Redis has none of it, as a write was told: the next one puts all of it there.
  void lost();
  /// The same, noticed apart from a write.
  void missing();
  /// The write was not possible now: those who do not wait are told why.
  Answers postponed(std::error_code why);
  /// It never will be: everybody is told, and nothing is due any more.
  Answers given_up(std::error_code why);

  /// It begins: `stored` is 0 until begun() or given_up().
  void begin();
  void begun();

  calls::Call copy() const;
  bool over() const;
  /// An answered call goes on for long without anything to do: it is kept as bytes when nothing
  /// has happened since this was called last.
  void rest();
  /// 0: not answered.
  std::int64_t answered_at_ms() const { return answered_at_ms_; }

  /// When its phones are asked next, and when each was last known to have it. Of the one thread
  /// that asks; the epoch is "not set".
  struct Turn {
    Clock::Steady next{};
    Confirmed confirmed{};
  };
  Turn turn;
  /// Everything that happened is known here: this process began it.
  bool all_known() const { return all_known_; }
  void not_all_known() { all_known_ = false; }

 private:
  struct Step {
    calls::Event event;
    std::uint32_t version = 0;
    std::vector<events::v1::CallEvent> events;
    std::vector<Waiter> waiters;
  };

  calls::Call& open() const;
  void note_answer();
  Step& add_step(calls::Event event, const calls::Outcome& outcome, const std::string& node);
  bool due() const;
  bool is_what_was_told(const calls::Call& there) const;

  const calls::Key key_;
  mutable std::mutex mutex_;
  mutable std::string value_;                  ///< While it rests.
  mutable bool used_ = false;                  ///< Since rest() was called last.
  mutable std::unique_ptr<calls::Call> call_;  ///< While something happens.
  std::atomic<std::int64_t> answered_at_ms_;
  std::uint32_t stored_;
  std::uint32_t told_ = 0;  ///< The version that a write is under way with.
  bool writing_ = false;
  bool lost_ = false;
  bool all_known_ = true;
  bool end_told_ = false;
  std::vector<Step> steps_;  ///< Not stored yet.
};

using LiveCallPtr = std::shared_ptr<LiveCall>;

}  // namespace pbx::proxy
