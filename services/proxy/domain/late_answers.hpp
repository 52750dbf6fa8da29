#pragma once

#include <memory>
#include <string>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/fork.hpp"

namespace pbx::proxy {

/// What is left of a Call when it is answered, for as long as its phones may answer again: another
/// phone, or one more behind the same binding (RFC 3261 §16.7 lets each 2xx through). Each is a leg
/// of the call, or is hung up when that is over.
class LateAnswers final : public ForkObserver, public std::enable_shared_from_this<LateAnswers> {
 public:
  /// `call`: its record; what is not needed is left out.
  LateAnswers(const Node& node, TransactionLayer& layer, CallRecords& records,
              std::weak_ptr<Fork> fork, const state::v1::DialogRecord& call);

  void on_another_answer(const sip::Message& response, std::size_t branch) override;

  void on_ringing(const sip::Message&, std::size_t) override {}
  void on_answer(const sip::Message&, std::size_t, MoveFunction<void()> forward) override {
    forward();
  }
  void on_branch_refused(int, std::size_t) override {}
  void on_refused(int, bool, std::string_view) override {}
  std::shared_ptr<ForkObserver> successor() override { return shared_from_this(); }

 private:
  const Node& node_;
  TransactionLayer& layer_;
  CallRecords& records_;
  const std::weak_ptr<Fork> fork_;
  state::v1::DialogRecord call_;
};

/// Hangs up a phone that answered a call which was over, and the caller that was told: `callee` is
/// no leg of `call`.
void hang_up_late(const Node& node, TransactionLayer& layer, state::v1::DialogRecord call,
                  const state::v1::Leg& callee);

}  // namespace pbx::proxy
