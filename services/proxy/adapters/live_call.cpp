#include "proxy/adapters/live_call.hpp"

#include <utility>

#include "cluster/call_event.hpp"
#include "cluster/dialog_codec.hpp"
#include "core/errc.hpp"

namespace pbx::proxy {
namespace {

Result<> result_of(calls::Reply reply) {
  switch (reply) {
    case calls::Reply::Ok:
    case calls::Reply::Known:
      return {};
    case calls::Reply::Late:
      return Errc::Cancelled;
    case calls::Reply::NoDialog:
      return Errc::NotFound;
    case calls::Reply::Conflict:
      return Errc::Conflict;
  }
  return Errc::Internal;
}

std::int64_t time_of(const calls::Call& call, events::v1::CallEventKind kind) {
  switch (kind) {
    case events::v1::CALL_EVENT_KIND_RINGING:
      return call.record.ringing_at_ms();
    case events::v1::CALL_EVENT_KIND_ANSWERED:
      return call.record.answered_at_ms();
    default:
      return call.record.started_at_ms();
  }
}

/// All but the end's, which is told when it is stored.
std::vector<events::v1::CallEvent> events_of(const calls::Call& call, const calls::Outcome& outcome,
                                             const std::string& node) {
  std::vector<events::v1::CallEvent> events;
  auto sequence = call.sequence - static_cast<std::uint32_t>(outcome.facts.size());
  for (const auto kind : outcome.facts) {
    ++sequence;
    if (kind == events::v1::CALL_EVENT_KIND_ENDED) continue;
    events.push_back(cluster::call_event(call.record, kind, sequence, node, time_of(call, kind)));
  }
  return events;
}

}  // namespace

LiveCall::LiveCall(calls::Call call, std::uint32_t stored)
    : key_{calls::key_of(call.record)},
      call_{std::make_unique<calls::Call>(std::move(call))},
      answered_at_ms_{call_->record.answered_at_ms()},
      stored_{stored} {}

calls::Call& LiveCall::open() const {
  used_ = true;
  if (!call_) {
    auto call = cluster::decode_call(value_);
    call_ = std::make_unique<calls::Call>(call ? *std::move(call) : calls::Call{});
    value_ = {};
  }
  return *call_;
}

void LiveCall::rest() {
  const std::lock_guard lock{mutex_};
  if (std::exchange(used_, false)) return;
  if (!call_ || !steps_.empty() || writing_ || !call_->answered()) return;
  value_ = cluster::encode_call(*call_);
  call_ = nullptr;
}

void LiveCall::note_answer() { answered_at_ms_ = call_->record.answered_at_ms(); }

bool LiveCall::due() const { return !writing_ && (!steps_.empty() || lost_); }

LiveCall::Step& LiveCall::add_step(calls::Event event, const calls::Outcome& outcome,
                                   const std::string& node) {
  auto events = events_of(*call_, outcome, node);
  return steps_.emplace_back(Step{std::move(event), call_->version, std::move(events), {}});
}

LiveCall::Answers LiveCall::tell(calls::Event event, Waiter waiter, const std::string& node) {
  const std::lock_guard lock{mutex_};
  auto& call = open();
  const auto outcome = calls::apply(call, event);
  if (call.end && call.end->node.empty()) call.end->node = node;
  if (outcome.changed) add_step(std::move(event), outcome, node);
  note_answer();
  const auto result = result_of(outcome.reply);
  Answers answers;
  // What is known already is good only when it is stored.
  if (result && !steps_.empty()) {
    steps_.back().waiters.push_back(std::move(waiter));
  } else {
    answers.push_back({std::move(waiter), result});
  }
  return answers;
}

std::optional<LiveCall::Write> LiveCall::take_write() {
  const std::lock_guard lock{mutex_};
  if (!due()) return std::nullopt;
  writing_ = true;
  const auto& call = open();
  told_ = call.version;
  return Write{cluster::EncodedCall{call}, lost_ ? 0 : stored_};
}

LiveCall::Stored LiveCall::stored(std::uint32_t version) {
  const std::lock_guard lock{mutex_};
  Stored result;
  result.was_lost = std::exchange(lost_, false);
  writing_ = false;
  stored_ = version;
  std::vector<Step> left;
  for (auto& step : steps_) {
    if (step.version > version) {
      left.push_back(std::move(step));
      continue;
    }
    for (auto& event : step.events) result.events.push_back(std::move(event));
    for (auto& waiter : step.waiters) result.answers.push_back({std::move(waiter), {}});
  }
  steps_ = std::move(left);
  if (const auto& call = open(); call.end && call.version == version && !end_told_) {
    end_told_ = true;
    result.ended = cluster::ended_event(call);
  }
  return result;
}

/// The reply to an earlier write of the very same was lost.
bool LiveCall::is_what_was_told(const calls::Call& there) const {
  return there.version == told_ && call_ && call_->version == told_ &&
         cluster::encode_call(*call_) == cluster::encode_call(there);
}

LiveCall::Stored LiveCall::rebase(calls::Call there, const std::string& node) {
  std::unique_lock lock{mutex_};
  if (is_what_was_told(there)) {
    lock.unlock();
    return stored(there.version);
  }
  writing_ = lost_ = false;
  stored_ = there.version;
  open() = std::move(there);
  Stored result;
  for (auto& step : std::exchange(steps_, {})) {
    const auto outcome = calls::apply(*call_, step.event);
    if (call_->end && call_->end->node.empty()) call_->end->node = node;
    auto* again = outcome.changed ? &add_step(std::move(step.event), outcome, node) : nullptr;
    const auto told = result_of(outcome.reply);
    for (auto& waiter : step.waiters) {
      if (again != nullptr && told) {
        again->waiters.push_back(std::move(waiter));
      } else {
        result.answers.push_back({std::move(waiter), told});
      }
    }
  }
  note_answer();
  return result;
}

void LiveCall::lost() {
  const std::lock_guard lock{mutex_};
  writing_ = false;
  lost_ = true;
}

void LiveCall::missing() {
  const std::lock_guard lock{mutex_};
  lost_ = true;
}

LiveCall::Answers LiveCall::postponed(std::error_code why) {
  const std::lock_guard lock{mutex_};
  writing_ = false;
  Answers answers;
  for (auto& step : steps_) {
    std::vector<Waiter> patient;
    for (auto& waiter : step.waiters) {
      if (waiter.patient) {
        patient.push_back(std::move(waiter));
      } else {
        answers.push_back({std::move(waiter), why});
      }
    }
    step.waiters = std::move(patient);
  }
  return answers;
}

LiveCall::Answers LiveCall::given_up(std::error_code why) {
  const std::lock_guard lock{mutex_};
  writing_ = lost_ = false;
  Answers answers;
  for (auto& step : std::exchange(steps_, {})) {
    for (auto& waiter : step.waiters) answers.push_back({std::move(waiter), why});
  }
  return answers;
}

void LiveCall::begin() {
  const std::lock_guard lock{mutex_};
  writing_ = true;
}

void LiveCall::begun() {
  const std::lock_guard lock{mutex_};
  writing_ = false;
  stored_ = 1;
}

calls::Call LiveCall::copy() const {
  const std::lock_guard lock{mutex_};
  if (call_) return *call_;
  auto call = cluster::decode_call(value_);
  return call ? *std::move(call) : calls::Call{};
}

bool LiveCall::over() const {
  const std::lock_guard lock{mutex_};
  return call_ && call_->end.has_value();
}

}  // namespace pbx::proxy
