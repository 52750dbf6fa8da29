#pragma once

#include <chrono>
#include <memory>
#include <utility>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/fork.hpp"

namespace pbx::proxy {

/// A BYE that goes to the other phone at once, while the end of its call is being written. Its
/// answer, be it a refusal, waits for that: should this process be lost first, the phone has no
/// answer yet and repeats its BYE to the next node, which books it. Kept alive by its fork.
class HangUp final : public ForkObserver, public std::enable_shared_from_this<HangUp> {
 public:
  /// How long an answer waits for a store that is away. A phone repeats its BYE for 32 s.
  static constexpr std::chrono::milliseconds kPatience{5'000};

  static std::shared_ptr<HangUp> begin(const Node& node, Timers& timers, CallRecords& records,
                                       const sip::Message& bye);
  explicit HangUp(Timers& timers) : timers_{timers} {}

  void on_ringing(const sip::Message&, std::size_t) override {}
  void on_answer(const sip::Message&, MoveFunction<void()> forward) override {
    hold(std::move(forward));
  }
  void on_branch_refused(int, std::size_t) override {}
  void on_refused(int, bool, std::string_view) override {}
  void before_refusal(MoveFunction<void()> forward) override { hold(std::move(forward)); }

 private:
  void hold(MoveFunction<void()> forward);
  void written();
  void go_on();

  Timers& timers_;
  bool written_ = false;
  MoveFunction<void()> forward_;  ///< Set while the answer waits.
  AlarmFor<HangUp, &HangUp::go_on> alarm_{*this};
};

}  // namespace pbx::proxy
