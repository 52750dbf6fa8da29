#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cluster/dialogs.hpp"
#include "cluster/event_publisher.hpp"
#include "core/move_function.hpp"
#include "net/end_of_turn.hpp"
#include "proxy/adapters/live_calls.hpp"
#include "proxy/adapters/undelivered.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/metrics.hpp"

namespace pbx::proxy {

/// Calls in Redis with their events in Kafka. What cannot be written because Redis is away is
/// written when it is back, so that an answered call is not booked as lost. One a worker, on its
/// thread.
class DialogKeeper final : public CallRecords {
 public:
  struct Parts {
    cluster::Dialogs& dialogs;
    cluster::EventPublisher& events;
    LiveCalls& live;
    Undelivered& undelivered;
    Metrics& metrics;
    boost::asio::io_context& loop;
    std::string node;
    std::uint32_t boot;
    std::chrono::milliseconds lease;
    /// The process that a ringing call belongs to is gone. Empty: nobody asks here.
    std::function<bool(const state::v1::DialogRecord&)> is_lost{};
    /// See Awake. Empty: it never sleeps.
    std::function<bool()> slept{};
    /// Whose phones are to be asked soon. Empty: nobody asks.
    std::function<void(const calls::Key&)> doubted{};
  };

  explicit DialogKeeper(Parts parts);
  ~DialogKeeper() override;

  void begin(const state::v1::DialogRecord& record, Done done) override;
  using CallRecords::tell;
  void tell(const calls::Key& key, calls::Event event, Until until, Done done) override;
  void find(const calls::Key& key, Found done) override;
  std::optional<Known> known(const calls::Key& key) const override;
  void count(TenantId tenant, UserId caller, Counted done) override;
  void take_over(std::string_view sip_call_id, Wanted wanted, Taken done) override;
  void hung_up(const calls::Key& key, std::string_view from_tag, std::string_view to_tag,
               std::int64_t at_ms, Done done) override;
  void doubt(const calls::Key& key) override {
    if (parts_.doubted) parts_.doubted(key);
  }
  void under(std::string_view sip_call_id, Under done) override;

  /// Publishes the ENDED event of an ended call and, once delivered, forgets it.
  void publish_end(const calls::Call& call);
  /// `call` is a lost node's: this process looks after it from now on. Conflict: somebody else.
  void claim(const calls::Call& call, Taken done);
  /// Publishes what a lost node may have taken with it: the events before the end.
  void tell_again(const calls::Call& call);
  /// Redis has lost the record of a call of this process: written again as it is.
  void bring_back(const calls::Key& key);

  /// Tries again what is waiting. To be called about once a second and when Redis is back.
  void retry();
  std::size_t waiting() const { return waiting_.size() + byes_.size(); }
  /// Events that are due but whose records Redis has not confirmed yet.
  std::size_t in_flight() const { return in_flight_ + due_.size() + delivered_.size(); }

 private:
  /// What a BYE told of a call that is not this process', until it is written.
  struct HungUp {
    calls::Key key;
    std::string from_tag, to_tag;
    std::int64_t at_ms = 0;
    Done done;
  };

  void tell(LiveCallPtr call, calls::Event event, Until until, Done done);
  void write(const LiveCallPtr& call);
  void written(const LiveCallPtr& call, std::uint32_t version,
               Result<std::optional<calls::Call>> there);
  void settle(const LiveCallPtr& call, LiveCall::Stored stored);
  void not_written(const LiveCallPtr& call, std::error_code error);
  void answer(LiveCall::Answers answers);
  void publish(const events::v1::CallEvent& event);
  void publish_end(const calls::Key& key, const events::v1::CallEvent& ended);
  void find_hung_up(std::shared_ptr<HungUp> bye);
  void hung_up_elsewhere(std::shared_ptr<HungUp> bye, calls::Call call);
  void end_by(const std::shared_ptr<HungUp>& bye, LiveCallPtr call, bool answer_lost);

  Parts parts_;
  const boost::asio::any_io_executor executor_;
  /// What happens to a call in one turn of the loop is one write, and what Kafka confirms in one is
  /// forgotten together.
  std::vector<LiveCallPtr> due_;
  std::vector<calls::Key> delivered_;
  net::EndOfTurn write_due_;
  net::EndOfTurn forget_delivered_;
  std::deque<LiveCallPtr> waiting_;           ///< A write failed because Redis was away.
  std::deque<std::shared_ptr<HungUp>> byes_;  ///< The same of a question for a call.
  std::size_t in_flight_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pbx::proxy
