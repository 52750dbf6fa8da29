#include "proxy/domain/fork.hpp"

#include <algorithm>
#include <chrono>

#include "core/random.hpp"
#include "proxy/domain/cancel.hpp"
#include "proxy/domain/outcome.hpp"
#include "proxy/domain/route_set.hpp"
#include "proxy/domain/trust_boundary.hpp"
#include "sip/reason.hpp"
#include "sip/rewrite.hpp"

namespace pbx::proxy {
namespace {

using std::chrono::milliseconds;

/// A phone that rang answers its CANCEL at once; one that does not is not waited for.
constexpr milliseconds kCancelAnswer{5'000};
/// RFC 3261 §9.1: after 64·T1 without an answer the transaction counts as cancelled.
constexpr milliseconds kLastChance = 64 * sip::kT1 - kCancelAnswer;

/// 2xx of all phones, repetitions included: as many legs as a call may have, each some times.
constexpr int kMostAnswers = 128;

constexpr std::string_view kElsewhere =
    "Reason: SIP;cause=200;text=\"Call completed elsewhere\"\r\n";
constexpr std::string_view kDeclined = "Reason: SIP;cause=603;text=\"Declined\"\r\n";

}  // namespace

std::shared_ptr<Fork> Fork::make(const Parts& parts, ServerTransaction& server,
                                 std::shared_ptr<ForkObserver> observer) {
  auto fork = std::make_shared<Fork>(parts, server, std::move(observer));
  server.attach(fork);
  return fork;
}

Fork::Fork(const Parts& parts, ServerTransaction& server, std::shared_ptr<ForkObserver> observer)
    : node_{parts.node},
      layer_{parts.layer},
      stateless_{parts.stateless},
      server_{&server},
      observer_{std::move(observer)},
      invite_{server.is_invite()},
      source_{server.source()},
      reply_to_{server.reply_to()},
      since_s_{parts.node.now_s()},
      rings_until_{parts.node.clock.steady() + parts.node.settings.max_ringing},
      context_{invite_} {}

void Fork::start(const ForwardPlan& plan, std::vector<Target> targets) {
  if (!open() || context_.finished()) return;
  edge_ = plan.edge;
  first_hop_ = plan.first_hop;
  branches_.reserve(targets.size());
  for (auto& target : targets) add(std::move(target), plan);
  for (const auto& branch : branches_) send(*branch, plan);
}

void Fork::resume(const ForwardPlan& plan, std::vector<Known> branches, milliseconds timer_c,
                  milliseconds ringing) {
  if (!open()) return;
  rings_until_ = node_.clock.steady() + ringing;
  const auto self = shared_from_this();
  for (auto& known : branches) add(std::move(known.target), plan);
  for (std::size_t i = 0; i < branches.size(); ++i) {
    auto& branch = *branches_[i];
    if (branches[i].final_code != 0) {
      act(context_.on_final(i, branches[i].final_code));
      continue;
    }
    branch.transaction =
        &layer_.resume_client(branch.random, branch.target.flow, forwarded(branch, plan), self, i);
    // Ringing or not, it has the INVITE, so it can be cancelled.
    context_.on_provisional(i, 180);
    layer_.timers().start(branch.alarm, this->timer_c(timer_c));
  }
}

/// RFC 3261 §16.8, and what is left of the time that ringing may take.
milliseconds Fork::timer_c(milliseconds length) const {
  const auto left = std::chrono::duration_cast<milliseconds>(rings_until_ - node_.clock.steady());
  return std::clamp(left, milliseconds{0}, length);
}

Fork::Branch& Fork::add(Target target, const ForwardPlan& plan) {
  auto branch = std::make_unique<Branch>(*this, context_.add(), std::move(target));
  branch->random = branch->target.branch != 0 ? branch->target.branch : random_u64();
  branch->id = branch_of(node_, server_->request(), source_, plan, branch->random);
  return *branches_.emplace_back(std::move(branch));
}

std::string Fork::forwarded(const Branch& branch, const ForwardPlan& plan) const {
  std::string bytes;
  append_forwarded(bytes, node_, server_->request(), source_, plan, branch.target, branch.id);
  return bytes;
}

void Fork::send(Branch& branch, const ForwardPlan& plan) {
  branch.transaction =
      &layer_.start_client(server_->request().method(), branch.random, branch.target.flow,
                           forwarded(branch, plan), shared_from_this(), branch.index);
  if (invite_) layer_.timers().start(branch.alarm, timer_c(node_.settings.timer_c));
}

void Fork::refuse(int code, std::string_view reason, std::string_view header_lines) {
  if (!open()) return;
  const auto self = shared_from_this();
  const auto tag = random_token(10);
  refused_ = true;
  server_->reply({.status = code, .reason = reason, .to_tag = tag, .header_lines = header_lines});
  auto step = context_.give_up();
  step.finish = false;
  act(step);
  stop_silent_branches();
  tell_refused(code, false, reason);
}

void Fork::on_cancel(const sip::Message& cancel) {
  const auto self = shared_from_this();
  cancel_lines_ = reason_line_of(cancel);
  act(context_.on_cancel());
  stop_silent_branches();
}

void Fork::on_response(ClientTransaction& transaction, const sip::Message& response) {
  auto& branch = *branches_[transaction.branch()];
  const int code = response.status();
  if (code < 200) {
    on_provisional(branch, response);
  } else if (code < 300) {
    on_success(branch, response);
  } else {
    on_refusal(branch, response);
  }
}

void Fork::on_provisional(Branch& branch, const sip::Message& response) {
  const int code = response.status();
  const auto step = context_.on_provisional(branch.index, code);
  if (invite_ && code > 100 && branch.wait == Wait::TimerC) {
    layer_.timers().start(branch.alarm, timer_c(node_.settings.timer_c));
  }
  if (step.forward && open()) {
    server_->respond(code, node_.boundary.send_up(response).bytes);
    if (observer_) observer_->on_ringing(response, branch.index);
  }
  act(step);
}

void Fork::on_success(Branch& branch, const sip::Message& response) {
  branch.alarm.cancel();
  if (++answers_ > kMostAnswers) {
    node_.metrics.refused(Refusal::StrayResponse).Increment();
    return;
  }
  const bool first = !context_.finished();
  const auto step = context_.on_final(branch.index, response.status());
  if (step.forward) {
    const int code = response.status();
    auto bytes = node_.boundary.send_up(response).bytes;
    if (first && observer_) {
      answer_held_ = true;
      const auto observer = observer_;
      observer->on_answer(response, branch.index,
                          [weak = weak_from_this(), code, held = std::move(bytes)]() mutable {
                            const auto self = weak.lock();
                            if (!self) return;
                            self->answer_held_ = false;
                            if (self->observer_) self->observer_ = self->observer_->successor();
                            if (self->server_) self->server_->respond(code, std::move(held));
                          });
    } else if (server_ == nullptr || refused_) {
      stateless_.forward_response(response, reply_to_);  // RFC 3261 §16.7: every 2xx goes up
      if (invite_ && observer_) observer_->on_another_answer(response, branch.index);
    } else if (!answer_held_) {
      server_->respond(code, std::move(bytes));
      if (invite_ && observer_) observer_->on_another_answer(response, branch.index);
    }
  }
  if (invite_ && cancel_lines_.empty()) cancel_lines_ = kElsewhere;
  act(step);
  if (invite_) stop_silent_branches();
}

void Fork::on_refusal(Branch& branch, const sip::Message& response) {
  branch.alarm.cancel();
  auto upward = node_.boundary.send_up(response);
  const int code = upward.code;
  if (code >= 600 && cancel_lines_.empty()) cancel_lines_ = kDeclined;
  if (code == 401 || code == 407) {
    challenges_.emplace_back(branch.index, std::move(upward.challenges));
  }
  const auto before = context_.best();
  auto step = context_.on_final(branch.index, code);
  const auto after = context_.best();
  if (after.branch == branch.index && (before.code == 0 || before.branch != after.branch)) {
    best_ = std::move(upward.bytes);
    best_branch_ = branch.index;
  }
  if (observer_ && open() && !step.finish) observer_->on_branch_refused(code, branch.index);
  act(step);
  if (code >= 600) stop_silent_branches();
}

void Fork::on_failure(ClientTransaction& transaction, Failure failure) {
  auto& branch = *branches_[transaction.branch()];
  branch.alarm.cancel();
  const int lost = branch.target.phone ? 430 : 503;
  act(context_.on_final(branch.index, failure == Failure::Timeout ? 408 : lost));
}

void Fork::on_client_gone(ClientTransaction& transaction) {
  auto& branch = *branches_[transaction.branch()];
  branch.transaction = nullptr;
  branch.alarm.cancel();
}

void Fork::on_alarm(Branch& branch) {
  const auto self = shared_from_this();
  if (branch.wait == Wait::LastChance) {
    if (branch.transaction) layer_.remove_client(branch.transaction->key());
    return;
  }
  if (branch.transaction) branch.transaction->stop_repeating();
  const bool cancelled = branch.wait == Wait::CancelAnswer;
  branch.wait = Wait::LastChance;
  layer_.timers().start(branch.alarm, kLastChance);
  if (!cancelled && cancel_lines_.empty()) {
    cancel_lines_ = "Reason: SIP;cause=408;text=\"Nobody answered\"\r\n";
  }
  act(context_.on_no_answer(branch.index));
}

void Fork::act(ResponseContext::Step step) {
  if (step.cancel) {
    while (const auto index = context_.take_cancel()) cancel(*branches_[*index]);
  }
  if (step.finish) finish();
}

void Fork::cancel(Branch& branch) {
  if (branch.transaction == nullptr) return;
  const auto sent = sip::parse_message(branch.transaction->request());
  if (!sent) return;
  std::string bytes;
  sip::append_cancel(bytes, *sent, cancel_lines_);
  layer_.start_client(sip::Method::Cancel, branch.random, branch.target.flow, std::move(bytes),
                      nullptr, branch.index);
  if (branch.wait == Wait::TimerC) {
    branch.wait = Wait::CancelAnswer;
    layer_.timers().start(branch.alarm, kCancelAnswer);
  }
}

/// Phones that have not said a word cannot be cancelled (RFC 3261 §9.1): they are asked no more.
void Fork::stop_silent_branches() {
  for (const auto& branch : branches_) {
    if (branch->transaction && context_.abandoned(branch->index)) {
      branch->transaction->stop_repeating();
    }
  }
}

void Fork::finish() {
  if (!open()) return;
  refused_ = true;
  const int best = context_.best().code;
  const bool lost = edge_ && best == 430;
  const int code = context_.cancelled() ? 487 : lost ? 430 : upstream_code(best);
  if (invite_) return send_refusal(code);
  if (!observer_) return code == 408 ? server_->abandon() : send_refusal(code);
  const bool by_wire = !best_.empty() && best_branch_ == context_.best().branch;
  const auto observer = observer_;
  observer->before_refusal(
      by_wire ? std::optional{best} : std::nullopt, [weak = weak_from_this(), code] {
        const auto self = weak.lock();
        if (!self || !self->open()) return;
        code == 408 ? self->server_->abandon() : self->send_refusal(code);  // RFC 4320 §4.2
      });
}

/// A first hop that is gone does not hear it. Whoever goes on with its call may be this very node:
/// it gets the response as if it had come to the first hop's address.
void Fork::on_send(std::string_view response) {
  if (!first_hop_ || node_.lives_at(*first_hop_, since_s_)) return;
  const auto home = node_.addresses.home_near(source_.listener);
  if (const auto flow = flow_to(node_.addresses, home, source_.listener)) {
    layer_.wire().send(*flow, response);
  }
}

void Fork::send_refusal(int code) {
  const auto best = context_.best();
  const bool as_it_came = code == best.code && !best_.empty() && best_branch_ == best.branch;
  std::string detail;
  if (as_it_came) {
    if (const auto message = sip::parse_message(best_)) {
      if (const auto reason = sip::find_reason(*message, "SIP")) detail = reason->text;
    }
    server_->respond(code, best_response(code));
  } else {
    const auto tag = random_token(10);
    server_->reply({.status = code, .to_tag = tag});
  }
  tell_refused(code, context_.cancelled(), detail);
}

/// A phone that answers all the same is to be hung up, so who does that is kept.
void Fork::tell_refused(int code, bool cancelled, std::string_view detail) {
  const auto observer = observer_;
  if (!observer) return;
  if (!invite_ || !context_.may_answer_late()) observer_ = nullptr;
  observer->on_refused(code, cancelled, detail);
}

/// RFC 3261 §16.7 step 7: a 401 or 407 carries the challenges of all branches.
std::string Fork::best_response(int code) const {
  if ((code != 401 && code != 407) || challenges_.size() < 2) return best_;
  const auto message = sip::parse_message(best_);
  if (!message) return best_;
  std::string others;
  for (const auto& [branch, lines] : challenges_) {
    if (branch != best_branch_) others += lines;
  }
  std::string out;
  sip::Rewriter{*message}.append_lines(others).write(out);
  return out;
}

}  // namespace pbx::proxy
