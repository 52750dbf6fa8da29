#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/fork.hpp"

namespace pbx::proxy {

/// The other side has heard a BYE (2xx), or has no such dialog (481, or 408 of a hop before it).
/// Whatever else it says (500 for an old CSeq, a challenge, 403), it goes on talking.
bool confirms_bye(int code);

/// A BYE that goes to the other phone: a claim, until that phone confirms it. Then the end of the
/// dialog is written, and only then the sender has its answer: should this process be lost first,
/// the phone has none yet and repeats its BYE to the next node. Kept alive by its fork.
class HangUp final : public ForkObserver, public std::enable_shared_from_this<HangUp> {
 public:
  /// How long an answer waits for a store that is away. A phone repeats its BYE for 32 s.
  static constexpr std::chrono::milliseconds kPatience{5'000};

  HangUp(const Node& node, Timers& timers, CallRecords& records, const sip::Message& bye);

  void on_ringing(const sip::Message&, std::size_t) override {}
  void on_answer(const sip::Message&, MoveFunction<void()> forward) override;
  void on_branch_refused(int, std::size_t) override {}
  void on_refused(int, bool, std::string_view) override {}
  void before_refusal(std::optional<int> code, MoveFunction<void()> forward) override;

 private:
  void confirm(MoveFunction<void()> forward);
  void go_on();

  Timers& timers_;
  CallRecords& records_;
  const std::string call_id_, from_tag_, to_tag_;
  const std::int64_t at_ms_;
  MoveFunction<void()> forward_;  ///< Set while the answer waits.
  AlarmFor<HangUp, &HangUp::go_on> alarm_{*this};
};

}  // namespace pbx::proxy
