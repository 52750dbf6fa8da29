#pragma once

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/location_reader.hpp"
#include "proxy/domain/session_check.hpp"
#include "proxy/domain/transaction_layer.hpp"

namespace pbx::proxy {

/// Asks the phones of answered calls whose turn it is whether they still have them: a call whose
/// phones are gone does not go on for ever, and an end that a lost node was told of and did not
/// write is found out. A phone that is silent, or whose connection is gone, is looked for where its
/// user has registered since: it may have the call still, and is reached there from then on. One a
/// worker.
class SessionWatch {
 public:
  struct Parts {
    const Node& node;
    TransactionLayer& layer;
    CallRecords& records;
    LocationReader& locations;
    /// The call goes on, as far as this process knows, and is its own to look after.
    std::function<bool(const state::v1::DialogRecord&)> goes_on;
    /// Both phones were heard: it is left alone until its next turn. May be empty.
    std::function<void(const state::v1::DialogRecord&, const Confirmed&)> settled;
  };

  explicit SessionWatch(Parts parts) : parts_{std::move(parts)} {}

  /// The phones of this call are asked now, and until both are heard.
  void add(const state::v1::DialogRecord& record, const Confirmed& confirmed);
  /// Ends an answered call, at both its sides: at that moment, with that reason.
  void end(const state::v1::DialogRecord& record, std::string_view reason, Clock::Steady at,
           const Ways& ways = {});
  /// Asks whose turn it is. To be called about once a second.
  void run();
  std::size_t size() const { return calls_.size(); }

 private:
  class Answer;
  class Elsewhere;
  struct Call {
    Call(Clock::Steady now, const Confirmed& confirmed) : check{confirmed}, next{now} {}

    state::v1::DialogRecord record;
    SessionCheck check;
    Clock::Steady next;
    bool asked = false;
    /// Of the next round: the lost node's address may be another's now or nobody's, and a phone
    /// behind a NAT hears that address alone.
    Way way = Way::Through;
    Ways heard{};  ///< By which each phone was heard last.
    std::shared_ptr<Answer> answer;
  };
  using Calls = std::unordered_map<std::string, Call>;

  void ask(Call& call);
  void ask(const Call& call, OwnRequest question, Side side);
  void look_elsewhere(const Call& call, Side side);
  void ask_elsewhere(const state::v1::DialogRecord& record, Side side,
                     const state::v1::Binding& binding);
  void found(const calls::Key& call, Side side, const std::string& tag, const std::string& flow);
  void hear(const std::string& call_id, std::size_t place, int code);
  bool ended(const Call& call);
  bool settled(const Call& call);

  Parts parts_;
  Calls calls_;  ///< By our call id.
};

}  // namespace pbx::proxy
