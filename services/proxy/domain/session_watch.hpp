#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/session_check.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// Asks the phones of answered calls that were taken over from lost nodes, now and then, whether
/// they still have them: an end that the lost node was told of and did not write is found out, and
/// a call whose phones are gone does not go on for ever. One a worker.
class SessionWatch {
 public:
  struct Parts {
    const Node& node;
    TransactionLayer& layer;
    CallRecords& records;
    /// The call goes on, as far as this process knows, and is its own to look after.
    std::function<bool(const state::v1::DialogRecord&)> goes_on;
  };

  explicit SessionWatch(Parts parts) : parts_{std::move(parts)} {}

  /// The phones of this call are asked from now on.
  void add(const state::v1::DialogRecord& record);
  /// Asks whose turn it is. To be called about once a second.
  void run();
  std::size_t size() const { return calls_.size(); }

 private:
  class Answer;
  struct Call {
    explicit Call(Clock::Steady now) : check{now}, next{now} {}

    state::v1::DialogRecord record;
    SessionCheck check;
    Clock::Steady next;
    /// Of the next round: the lost node's address may be another's now or nobody's, and a phone
    /// behind a NAT hears that address alone.
    Way way = Way::Through;
    Way heard = Way::Through;  ///< By which a phone was heard last.
    std::shared_ptr<Answer> answer;
  };
  using Calls = std::unordered_map<std::string, Call>;

  void ask(Call& call);
  void ask(const Call& call, OwnRequest question, Side side);
  void hear(const std::string& call_id, std::size_t place, int code);
  bool ended(const Call& call);

  Parts parts_;
  Calls calls_;  ///< By our call id.
};

}  // namespace pbx::proxy
