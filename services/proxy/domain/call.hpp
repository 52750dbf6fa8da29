#pragma once

#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "proxy/domain/binding_target.hpp"
#include "proxy/domain/call_limits.hpp"
#include "proxy/domain/call_records.hpp"
#include "proxy/domain/caller_auth.hpp"
#include "proxy/domain/dial.hpp"
#include "proxy/domain/fork.hpp"
#include "proxy/domain/location_reader.hpp"
#include "proxy/domain/overload.hpp"

namespace pbx::proxy {

class Call;

/// Calls of one worker that are not answered yet, by call id: how an operator's hang-up finds them.
using EarlyCalls = std::unordered_map<std::string, Call*>;

/// An authenticated caller's INVITE from its admission to its final answer: looks up the phones,
/// forks to them, and tells the dialog record what happens. Every one of them ends in exactly one
/// ENDED event. Kept alive by its fork.
class Call final : public ForkObserver, public std::enable_shared_from_this<Call> {
 public:
  struct Parts {
    const Node& node;
    CallRecords& records;
    LocationReader& locations;
    EarlyCalls& early;
    Overload& overload;
    CallerAuth& auth;
    Fork::Parts fork;
  };

  /// Takes over `server`, whose request has been authenticated as `caller`'s.
  static void begin(const Parts& parts, ServerTransaction& server, const CallerCheck& caller,
                    Dialled dialled, const ForwardPlan& plan);

  using Bindings = Result<std::vector<state::v1::Binding>>;

  /// Goes on with `record`'s call, which another process forked to these bindings, and to
  /// `responders` even if they are none of them: `server` has its INVITE and is not answered.
  static void resume(const Parts& parts, ServerTransaction& server, state::v1::DialogRecord record,
                     const Bindings& bindings, std::vector<Target> responders);

  Call(const Parts& parts, state::v1::DialogRecord record, const Flow& source,
       const ForwardPlan& plan);
  Call(const Parts& parts, const sip::Message& invite, const Flow& source,
       const directory::Login& caller, Dialled dialled, const ForwardPlan& plan);
  ~Call() override;

  /// An operator ends it while it rings.
  void hang_up(std::string_view reason);

  void on_ringing(const sip::Message& response, std::size_t branch) override;
  void on_answer(const sip::Message& response, std::size_t branch,
                 MoveFunction<void()> forward) override;
  void on_another_answer(const sip::Message& response, std::size_t branch) override;
  std::shared_ptr<ForkObserver> successor() override;
  void on_branch_refused(int code, std::size_t branch) override;
  void on_refused(int code, bool cancelled, std::string_view detail) override;

 private:
  void note_plan();
  void look_up(const CallerCheck& caller);
  void count_calls();
  void count_calls(UserId caller, std::uint32_t limit, Refusal refusal);
  void refuse_replay(Fork& fork);
  void go_on();
  void take_over();
  void adopt(state::v1::DialogRecord record);
  void not_taken(std::error_code why);
  void ring(Fork& fork);
  void refuse_unreachable(Fork& fork);
  void go_on_ringing(Fork& fork, std::vector<Target> places);
  std::vector<Target> targets(const std::vector<state::v1::Binding>& bindings) const;
  void note_forks(const Fork& fork);
  void note_code(std::size_t branch, int code);
  std::vector<state::v1::Fork> forks() const;
  std::int64_t now_ms() const { return parts_.node.clock.now().time_since_epoch().count(); }

  const Parts parts_;
  std::optional<Predecessor> lost_;  ///< Began the call, and its branches are the phones'.
  const Dialled dialled_;
  const TenantId tenant_;
  ForwardPlan plan_;
  const Flow source_;
  const Clock::Steady since_;
  state::v1::DialogRecord record_;
  std::weak_ptr<Fork> fork_;
  std::optional<Result<>> begun_;
  std::optional<sip::NonceUsed> used_;  ///< Who has used the caller's nonce count.
  std::optional<Bindings> bindings_;
  CallLimits limits_;
  int counting_ = 0;  ///< Answers that are awaited.
  std::optional<Refusal> over_limit_;
  bool recorded_ = true;  ///< The record is ours to end.
  bool by_operator_ = false;
};

}  // namespace pbx::proxy
