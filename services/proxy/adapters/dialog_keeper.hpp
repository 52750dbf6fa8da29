#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>

#include "cluster/dialogs.hpp"
#include "cluster/event_publisher.hpp"
#include "core/move_function.hpp"
#include "proxy/adapters/live_calls.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/metrics.hpp"

namespace pbx::proxy {

/// Dialog records in Redis with their events in Kafka. What cannot be written because Redis is away
/// waits and is written in its order when it is back, so that an answered call is not booked as
/// lost. One a worker, on its thread.
class DialogKeeper final : public CallRecords {
 public:
  struct Parts {
    cluster::Dialogs& dialogs;
    cluster::EventPublisher& events;
    LiveCalls& live;
    LiveCalls& undelivered;  ///< Ended ones whose last event Kafka does not have yet.
    Metrics& metrics;
    boost::asio::any_io_executor executor;
    std::string node;
    std::uint32_t boot;
    std::chrono::milliseconds lease;
  };

  explicit DialogKeeper(Parts parts);
  ~DialogKeeper() override;

  void begin(const state::v1::DialogRecord& record, Done done) override;
  void ringing(const state::v1::DialogRecord& record) override;
  void answered(const state::v1::DialogRecord& record, Done done) override;
  void ended(const state::v1::DialogRecord& record, const CallEnd& end) override;
  void find(std::string_view sip_call_id, std::string_view tag_a, std::string_view tag_b,
            Found done) override;
  void take_over(std::string_view sip_call_id, std::string_view caller_tag, Wanted wanted,
                 Found done) override;
  void noted(const state::v1::DialogRecord& record) override;
  void hung_up(std::string_view sip_call_id, std::string_view from_tag, std::string_view to_tag,
               std::int64_t at_ms, Done done) override;

  /// The same as ended(), with word of it: AlreadyEnded, NotFound; an outage, if it has to wait.
  void end(const state::v1::DialogRecord& record, const CallEnd& facts, Done done);
  /// Publishes the ENDED event of an ended record and, once delivered, removes the record.
  void publish_end(const cluster::Dialog& dialog);
  /// `dialog` is a lost node's: this process looks after it from now on. Conflict: somebody else.
  void claim(const cluster::Dialog& dialog, Found done);
  /// Publishes what a lost node may have taken with it: the events before the end.
  void tell_again(const cluster::Dialog& dialog);
  /// Redis has lost the record of a call of this process: written again as it was. `done` with an
  /// error also when the call is not known here.
  void bring_back(const cluster::DialogKey& key, Done done);

  /// Tries again what is waiting. To be called about once a second and when Redis is back.
  void retry();
  std::size_t waiting() const { return waiting_.size(); }
  /// Events that are due but whose records Redis has not confirmed yet.
  std::size_t in_flight() const { return in_flight_; }

 private:
  /// A write that failed because Redis was away.
  using Write = MoveFunction<void()>;
  /// A step of a call: its record and its event, whose number the record's store gives.
  struct Written {
    Written(const state::v1::DialogRecord& record, events::v1::CallEventKind kind,
            const std::string& node, std::int64_t at_ms);

    cluster::EncodedRecord bytes;
    events::v1::CallEvent event;
  };
  /// What a BYE told, until it is written.
  struct HungUp {
    std::string sip_call_id, from_tag, to_tag;
    std::int64_t at_ms = 0;
    Done done;
    bool asked = false;  ///< Redis, once what this process knew was not the truth.
  };
  /// A call's end, until it is written.
  struct Ending {
    static constexpr int kRepairs = 2;  ///< A lost record, an answer that is not written.

    Ending(const state::v1::DialogRecord& record, CallEnd end, Done when_written)
        : key{cluster::key_of(record)},
          tenant{record.tenant_id()},
          facts{std::move(end)},
          done{std::move(when_written)} {}

    cluster::DialogKey key;
    TenantId tenant;
    CallEnd facts;
    Done done;
    bool patient = false;  ///< `done` waits for a Redis that is away.
    int repairs_left = kRepairs;
  };
  /// What a write does when there is no record of a call that this process knows.
  enum class Lost { BringBack, GiveUp };

  void store_answered(std::shared_ptr<Written> made, Done done, Lost lost = Lost::BringBack);
  void store_end(std::shared_ptr<Ending> ending);
  void not_ended(std::shared_ptr<Ending> ending, std::error_code error);
  /// The end is that of an answered call, which Redis does not know yet: first that.
  void store_answer_of(std::shared_ptr<Ending> ending);
  void store_hung_up(std::shared_ptr<HungUp> bye);
  void end_by(std::shared_ptr<HungUp> bye, const cluster::Dialog& dialog);
  /// A BYE for a call that rings as far as its record says. A callee has none to send before it
  /// answers (RFC 3261 §15). A caller may give up that way, through the node that handles the call,
  /// which knows; where the call was begun elsewhere, its node passed the answer on while Redis was
  /// away, and was lost. Since when they talk nobody knows then.
  bool tells_of_an_answer(const HungUp& bye, const state::v1::DialogRecord& record) const;
  void stored(Written& made, state::v1::DialogState state, const cluster::Step& step);
  bool again(std::error_code error, Write write);
  void in_order(Write write);

  Parts parts_;
  std::deque<Write> waiting_;
  std::size_t in_flight_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace pbx::proxy
