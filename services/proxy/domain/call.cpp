#include "proxy/domain/call.hpp"

#include <algorithm>
#include <map>

#include "core/errc.hpp"
#include "core/random.hpp"
#include "proxy/domain/binding_target.hpp"
#include "proxy/domain/early.hpp"
#include "proxy/domain/late_answers.hpp"
#include "proxy/domain/leg.hpp"
#include "proxy/domain/outcome.hpp"
#include "sip/builder.hpp"
#include "sip/text.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kCallIdLength = 20;  ///< 103 bits
constexpr std::chrono::milliseconds kShortestWait{5'000};
constexpr std::string_view kRetryAfter = "Retry-After: 1\r\n";

/// The directory's name of a user wins over what its phone says.
std::string name_of(const Dialled& dialled, const sip::Message& invite) {
  if (!dialled.caller_name.empty()) return dialled.caller_name;
  const auto from = invite.from();
  if (!from) return {};
  std::string scratch;
  std::string clean;
  sip::append_clean(clean, sip::unquote(from->display, scratch));
  return clean;
}

Dialled dialled_of(const state::v1::DialogRecord& record) {
  Dialled dialled;
  dialled.number = record.dialled();
  dialled.aor = record.callee_aor();
  dialled.user = UserId{record.callee_user_id()};
  dialled.caller_name = record.caller_name();
  dialled.reason = record.route_reason();
  return dialled;
}

/// Which of our places of a call a binding is. Not its id: a phone that moves keeps that, and is
/// rung at another place.
std::string place_of(const state::v1::Binding& binding) {
  std::string place = binding.contact();
  for (const auto& hop : binding.path()) {
    place += '\n';
    place += hop;
  }
  return place;
}

void add_new(std::vector<Target>& targets, Target target) {
  const auto same = [&](const Target& other) { return other.branch == target.branch; };
  if (std::none_of(targets.begin(), targets.end(), same)) targets.push_back(std::move(target));
}

}  // namespace

void Call::begin(const Parts& parts, ServerTransaction& server, const CallerCheck& caller,
                 Dialled dialled, const ForwardPlan& plan) {
  const auto call = std::make_shared<Call>(parts, server.request(), server.source(), caller.login,
                                           std::move(dialled), plan);
  call->fork_ = Fork::make(parts.fork, server, call);
  parts.node.metrics.calls.Increment();
  call->look_up(caller);
}

void Call::resume(const Parts& parts, ServerTransaction& server, state::v1::DialogRecord record,
                  const Bindings& bindings, std::vector<Target> responders) {
  const auto plan = plan_of(parts.node, server.request(), record.early());
  const auto call = std::make_shared<Call>(parts, std::move(record), server.source(), plan);
  const auto fork = Fork::make(parts.fork, server, call);
  call->fork_ = fork;
  call->bindings_ = bindings;
  std::vector<Target> places;
  if (bindings) places = call->targets(*bindings);
  for (auto& responder : responders) add_new(places, std::move(responder));
  call->go_on_ringing(*fork, std::move(places));
}

Call::Call(const Parts& parts, state::v1::DialogRecord record, const Flow& source,
           const ForwardPlan& plan)
    : parts_{parts},
      lost_{predecessor_of(parts.node, record.early())},
      dialled_{dialled_of(record)},
      tenant_{record.tenant_id()},
      plan_{plan},
      source_{source},
      since_{parts.node.clock.steady()},
      record_{std::move(record)} {
  note_plan();
  parts_.early.emplace(record_.call_id(), this);
}

Call::Call(const Parts& parts, const sip::Message& invite, const Flow& source,
           const directory::Login& caller, Dialled dialled, const ForwardPlan& plan)
    : parts_{parts},
      dialled_{std::move(dialled)},
      tenant_{caller.tenant},
      plan_{plan},
      source_{source},
      since_{parts.node.clock.steady()},
      limits_{limits_of(parts.node.settings, caller)} {
  record_.set_call_id(random_token(kCallIdLength));
  record_.set_sip_call_id(std::string{invite.call_id()});
  record_.set_tenant_id(caller.tenant.value);
  record_.set_state(state::v1::DIALOG_STATE_CALLING);
  record_.set_owner(parts.node.settings.node);
  record_.set_started_at_ms(now_ms());
  auto& leg = *record_.add_legs();
  leg = caller_leg(parts.node, invite, source);
  leg.set_aor(caller.extension + "@" + caller.domain);
  record_.set_dialled(sip::clean(dialled_.number));
  record_.set_callee_aor(dialled_.aor);
  record_.set_caller_user_id(caller.user.value);
  record_.set_caller_limited(limits_.of_caller != 0);
  record_.set_callee_user_id(dialled_.user.value);
  record_.set_caller_name(name_of(dialled_, invite));
  record_.set_route_reason(dialled_.reason);
  if (const auto via = invite.top_via()) record_.set_invite_branch(sip::clean(via->branch));
  note_plan();
  *record_.mutable_early() = early_of(parts.node, invite, source, plan_);
  parts_.early.emplace(record_.call_id(), this);
}

/// What is signed for the call says which it is and when it began, the same at whichever node.
void Call::note_plan() {
  plan_.at_s = static_cast<std::uint32_t>(record_.started_at_ms() / 1'000);
  plan_.record_route.emplace().usage = DialogToken::Usage::Call;
  plan_.record_route->call_id = record_.call_id();
}

Call::~Call() { parts_.early.erase(record_.call_id()); }

void Call::look_up(const CallerCheck& caller) {
  parts_.overload.calls.begin(since_);
  parts_.records.begin(record_, [self = shared_from_this()](Result<> begun) {
    self->parts_.overload.calls.end(self->parts_.node.clock.steady());
    self->begun_ = begun;
    if (begun) self->count_calls();
    self->go_on();
  });
  parts_.auth.confirm(caller, [self = shared_from_this()](sip::NonceUsed used) {
    self->used_ = used;
    self->go_on();
  });
  if (dialled_.refusal) {
    bindings_ = std::vector<state::v1::Binding>{};
    return go_on();
  }
  parts_.locations.load(tenant_, dialled_.aor, [self = shared_from_this()](Bindings bindings) {
    self->bindings_ = std::move(bindings);
    self->go_on();
  });
}

void Call::count_calls() {
  if (limits_.of_caller != 0) {
    count_calls(UserId{record_.caller_user_id()}, limits_.of_caller, Refusal::TooManyUserCalls);
  }
  if (limits_.of_tenant != 0) {
    count_calls(UserId{}, limits_.of_tenant, Refusal::TooManyTenantCalls);
  }
}

void Call::count_calls(UserId caller, std::uint32_t limit, Refusal refusal) {
  ++counting_;
  parts_.records.count(tenant_, caller,
                       [self = shared_from_this(), limit, refusal](Result<std::size_t> calls) {
                         --self->counting_;
                         if (!calls) self->over_limit_ = Refusal::BackendDown;
                         if (calls && *calls > limit) self->over_limit_ = refusal;
                         self->go_on();
                       });
}

void Call::go_on() {
  const auto fork = fork_.lock();
  if (!begun_ || !used_ || !bindings_ || counting_ != 0) return;
  if (!fork || !fork->open() || fork->size() != 0) return;
  recorded_ = bool{*begun_};
  // The same request once more is good for going on with the call that it began, not for another.
  const bool again = *used_ == sip::NonceUsed::Again && *begun_;
  if (again || *used_ == sip::NonceUsed::ByAnother) return refuse_replay(*fork);
  if (!*begun_) {
    if (begun_->error() == Errc::AlreadyExists) return take_over();
    parts_.node.metrics.refused(Refusal::BackendDown).Increment();
    return fork->refuse(503, {}, kRetryAfter);
  }
  if (dialled_.refusal) {
    parts_.node.metrics.refused(*dialled_.refusal).Increment();
    return fork->refuse(info_of(*dialled_.refusal).code);
  }
  if (over_limit_) {
    const auto& info = info_of(*over_limit_);
    parts_.node.metrics.refused(*over_limit_).Increment();
    return fork->refuse(info.code, info.phrase, info.code == 503 ? kRetryAfter : "");
  }
  ring(*fork);
}

/// The count was used before: by a replay, by a phone that counts wrongly, or for a call that is
/// over.
void Call::refuse_replay(Fork& fork) {
  parts_.node.metrics.refused(Refusal::ReplayedNonce).Increment();
  fork.refuse(407, {}, parts_.auth.challenge(fork.request(), true));
}

/// Another process has this caller's record: if it is that of this very INVITE, which its sender
/// repeats because that process is gone, this one goes on where it stood.
void Call::take_over() {
  const auto wanted = [self = shared_from_this()](const state::v1::DialogRecord& record) {
    const bool same = record.invite_branch() == self->record_.invite_branch();
    return same ? is_anothers(self->parts_.node, record) : Result<>{Errc::PermissionDenied};
  };
  parts_.records.take_over(record_.sip_call_id(), wanted,
                           [self = shared_from_this()](Result<state::v1::DialogRecord> record) {
                             if (record) return self->adopt(*std::move(record));
                             self->not_taken(record.error());
                           });
}

void Call::not_taken(std::error_code why) {
  const auto fork = fork_.lock();
  if (!fork || !fork->open()) return;
  // This very INVITE is, or will be in a moment, another worker's or process' to answer.
  if (why == Errc::AlreadyExists || why == Errc::Conflict) return fork->abandon();
  if (why == Errc::PermissionDenied) {
    parts_.node.metrics.refused(Refusal::Loop).Increment();
    return fork->refuse(482, "Merged Request");
  }
  parts_.node.metrics.refused(Refusal::BackendDown).Increment();
  fork->refuse(503, {}, kRetryAfter);
}

void Call::adopt(state::v1::DialogRecord record) {
  parts_.node.metrics.resumed.Increment();
  parts_.early.erase(record_.call_id());
  record_ = std::move(record);
  record_.clear_forks();
  parts_.early.emplace(record_.call_id(), this);
  note_plan();
  lost_ = predecessor_of(parts_.node, record_.early());
  plan_.origin = origin_of(parts_.node, record_.early());
  begun_ = Result<>{};
  used_ = sip::NonceUsed::First;
  recorded_ = true;
  const auto fork = fork_.lock();
  if (fork && fork->open()) return go_on();
  on_refused(487, true, {});  // the caller gave up meanwhile
}

std::vector<Target> Call::targets(const std::vector<state::v1::Binding>& bindings) const {
  std::vector<Target> targets;
  const auto key = static_cast<std::uint8_t>(record_.early().key());
  for (const auto& binding : bindings) {
    auto target =
        target_of(parts_.node, binding, dialled_.user, source_.listener, lost_ ? &*lost_ : nullptr);
    if (!target) continue;
    target->branch = parts_.node.tokens.branch_random(record_.call_id(), place_of(binding), key);
    add_new(targets, *std::move(target));
  }
  return targets;
}

void Call::go_on_ringing(Fork& fork, std::vector<Target> places) {
  std::map<std::string, int> refused;
  std::map<std::string, std::string> uris;
  for (const auto& noted : record_.forks()) {
    const auto code = static_cast<int>(noted.last_code());
    if (code >= 300) refused.emplace(noted.branch(), code);
    uris.emplace(noted.branch(), noted.target());
  }
  std::vector<Fork::Known> branches;
  std::vector<int> codes;
  for (auto& target : places) {
    const auto id = branch_of(parts_.node, fork.request(), source_, plan_, target.branch);
    if (target.request_uri.empty()) target.request_uri = uris[id];
    const auto known = refused.find(id);
    codes.push_back(known == refused.end() ? 0 : known->second);
    branches.push_back({std::move(target), codes.back()});
  }
  if (branches.empty()) return refuse_unreachable(fork);
  const auto since = std::max(record_.started_at_ms(), record_.ringing_at_ms());
  const std::chrono::milliseconds gone{now_ms() - since};
  const std::chrono::milliseconds rung{now_ms() - record_.started_at_ms()};
  const auto& settings = parts_.node.settings;
  fork.resume(plan_, std::move(branches), std::max(settings.timer_c - gone, kShortestWait),
              std::max(settings.max_ringing - rung, kShortestWait));
  record_.clear_forks();
  note_forks(fork);
  for (int i = 0; i < record_.forks_size(); ++i) {
    const auto code = codes[static_cast<std::size_t>(i)];
    record_.mutable_forks(i)->set_last_code(static_cast<std::uint32_t>(code));
  }
}

void Call::ring(Fork& fork) {
  std::vector<Target> places;
  if (*bindings_) places = targets(**bindings_);
  if (places.empty()) return refuse_unreachable(fork);
  fork.start(plan_, std::move(places));
  note_forks(fork);
  parts_.node.metrics.forks.Observe(static_cast<double>(fork.size()));
  parts_.node.metrics.setup_seconds.Observe(
      std::chrono::duration<double>(parts_.node.clock.steady() - since_).count());
}

/// No phone is known, or which there are cannot be read.
void Call::refuse_unreachable(Fork& fork) {
  const bool read = bindings_ && *bindings_;
  const auto refusal = read ? Refusal::NotRegistered : Refusal::BackendDown;
  parts_.node.metrics.refused(refusal).Increment();
  fork.refuse(info_of(refusal).code, {}, read ? std::string_view{} : kRetryAfter);
}

void Call::note_forks(const Fork& fork) {
  for (std::size_t i = 0; i < fork.size(); ++i) {
    auto& noted = *record_.add_forks();
    noted.set_branch(fork.branch_id(i));
    noted.set_target(fork.target(i).request_uri);
  }
}

void Call::hang_up(std::string_view reason) {
  const auto fork = fork_.lock();
  if (!fork) return;
  by_operator_ = true;
  fork->refuse(480, reason);
}

std::vector<state::v1::Fork> Call::forks() const {
  return {record_.forks().begin(), record_.forks().end()};
}

void Call::note_code(std::size_t branch, int code) {
  const auto index = static_cast<int>(branch);
  if (index >= record_.forks_size()) return;
  record_.mutable_forks(index)->set_last_code(static_cast<std::uint32_t>(code));
}

void Call::on_ringing(const sip::Message& response, std::size_t branch) {
  note_code(branch, response.status());
  const auto to = response.to();
  const auto fork = fork_.lock();
  parts_.records.tell(
      calls::key_of(record_),
      calls::Rang{to ? std::string{to->tag()} : std::string{},
                  fork ? flow_text(parts_.node, fork->target(branch)) : std::string{}, now_ms(),
                  forks()});
}

void Call::on_branch_refused(int code, std::size_t branch) {
  note_code(branch, code);
  if (begun_) parts_.records.tell(calls::key_of(record_), calls::BranchRefused{forks()});
}

void Call::on_answer(const sip::Message& response, std::size_t branch,
                     MoveFunction<void()> forward) {
  parts_.early.erase(record_.call_id());
  const auto fork = fork_.lock();
  if (!fork) return;
  const calls::Answered answer{
      callee_leg(parts_.node, response, fork->target(branch), dialled_.aor), now_ms()};
  // The call goes on even if its record cannot be written now: the phones are connected.
  parts_.records.tell(calls::key_of(record_), answer, CallRecords::Until::Tried,
                      [self = shared_from_this(), callee = answer.callee,
                       forward = std::move(forward)](const Result<>& stored) mutable {
                        forward();
                        if (stored.error() != Errc::Cancelled) return;
                        hang_up_late(self->parts_.node, self->parts_.fork.layer, self->record_,
                                     callee);
                      });
}

std::shared_ptr<ForkObserver> Call::successor() {
  return std::make_shared<LateAnswers>(parts_.node, parts_.fork.layer, parts_.records, fork_,
                                       record_);
}

void Call::on_another_answer(const sip::Message& response, std::size_t branch) {
  successor()->on_another_answer(response, branch);
}

void Call::on_refused(int code, bool cancelled, std::string_view detail) {
  parts_.early.erase(record_.call_id());
  if (!recorded_) return;
  calls::End end;
  end.at_ms = now_ms();
  end.sip_code = static_cast<std::uint32_t>(code);
  end.outcome =
      over_limit_ && !cancelled ? events::v1::CALL_OUTCOME_FAILED : outcome_of(code, cancelled);
  end.hung_up_by = by_operator_ ? events::v1::CALL_PARTY_PLATFORM : ended_by(code, cancelled);
  const auto words =
      dialled_.refusal ? std::string_view{dialled_.reason} : reason_of(code, cancelled);
  end.reason = detail.empty() || cancelled ? std::string{words} : sip::clean(detail);
  parts_.records.tell(calls::key_of(record_), calls::NotAnswered{std::move(end)});
}

}  // namespace pbx::proxy
