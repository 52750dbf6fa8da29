#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "proxy/domain/call_records.hpp"
#include "proxy/domain/fork.hpp"

namespace pbx::proxy {

/// What an answer to a BYE, or none, says.
enum class ByeAnswer : std::uint8_t {
  Heard,     ///< 2xx
  NoDialog,  ///< 481: that side does not have the dialog, or no more; or not as the BYE names it.
  Silence,   ///< Nothing came back: 408 of a hop, 430 where its connection is gone.
  Refused,   ///< Whatever else (500 for an old CSeq, a challenge, 403): it goes on talking.
};
/// nullopt: none came.
ByeAnswer bye_answer_of(std::optional<int> code);

/// A BYE that goes to the other phone: a claim, until that phone confirms it. Then the end of the
/// dialog is written, and only then the sender has its answer: should this process be lost first,
/// the phone has none yet and repeats its BYE to the next node.
///
///   BYE goes on ─┬─ Heard ───────────────► written, as of when the BYE came
///                ├─ Refused ─────────────► nothing is; both phones are asked
///                └─ NoDialog, Silence ─► a BYE of our own, small and in order: what the sender
///                     made of its own may be why the other side heard nothing, or not this
///                       ├─ Heard ────────► written, as of now: it talked till then
///                       ├─ NoDialog, Silence, no way ─► written, as of when the BYE came
///                       └─ Refused ──────► nothing is; both phones are asked
///
/// Kept alive by its fork, or by its own BYE.
class HangUp final : public ForkObserver,
                     public ClientUser,
                     public std::enable_shared_from_this<HangUp> {
 public:
  /// How long an answer waits for a store that is away. A phone repeats its BYE for 32 s.
  static constexpr std::chrono::milliseconds kPatience{5'000};

  HangUp(const Node& node, TransactionLayer& layer, CallRecords& records, calls::Key call,
         const sip::Message& bye);

  /// What is known of the call; without it nothing of our own can be sent.
  void set_record(const state::v1::DialogRecord& call);

  void on_ringing(const sip::Message&, std::size_t) override {}
  void on_answer(const sip::Message&, std::size_t, MoveFunction<void()> forward) override;
  void on_branch_refused(int, std::size_t) override {}
  void on_refused(int, bool, std::string_view) override {}
  void before_refusal(std::optional<int> code, MoveFunction<void()> forward) override;
  /// There is no way to the other side any more: as good as silence.
  void no_way(MoveFunction<void()> refuse) { before_refusal(std::nullopt, std::move(refuse)); }

  void on_response(ClientTransaction&, const sip::Message& response) override;
  void on_failure(ClientTransaction&, Failure) override { confirm(at_ms_); }
  void on_client_gone(ClientTransaction&) override {}

 private:
  void insist();
  void confirm(std::int64_t at_ms);
  void take_back();
  void go_on();
  std::int64_t now_ms() const { return node_.clock.now().time_since_epoch().count(); }

  const Node& node_;
  TransactionLayer& layer_;
  CallRecords& records_;
  const calls::Key call_;
  const std::string from_tag_, to_tag_;
  const std::int64_t at_ms_;
  std::optional<state::v1::DialogRecord> dialog_;  ///< The call, with this callee alone.
  bool from_caller_ = false;
  MoveFunction<void()> forward_;  ///< Set while the answer waits.
  AlarmFor<HangUp, &HangUp::go_on> alarm_{*this};
};

}  // namespace pbx::proxy
