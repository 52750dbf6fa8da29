#include "proxy/domain/session_watch.hpp"

#include <algorithm>
#include <chrono>
#include <utility>

#include "core/errc.hpp"
#include "telemetry/log.hpp"

namespace pbx::proxy {
namespace {

// Which phone was asked and how, as a transaction carries it.
std::size_t place_of(Side side, Way way) {
  return 2 * static_cast<std::size_t>(way) + static_cast<std::size_t>(side);
}
Side side_of(std::size_t place) { return static_cast<Side>(place % 2); }
constexpr std::chrono::seconds kOtherAnswer{4};  ///< Some repetitions of a question.

Way way_of(std::size_t place) { return static_cast<Way>(place / 2); }

}  // namespace

/// Takes the answers of one call's phones. It may outlive the watch's interest in the call.
class SessionWatch::Answer final : public ClientUser {
 public:
  Answer(SessionWatch& watch, std::string call_id) : watch_{watch}, call_id_{std::move(call_id)} {}

  void on_response(ClientTransaction& transaction, const sip::Message& response) override {
    if (response.status() >= 200) watch_.hear(call_id_, transaction.branch(), response.status());
  }
  void on_failure(ClientTransaction&, Failure) override {}
  void on_client_gone(ClientTransaction&) override {}

 private:
  SessionWatch& watch_;
  const std::string call_id_;
};

/// Takes the answer of one place where a phone may be that is not where it was.
class SessionWatch::Elsewhere final : public ClientUser {
 public:
  Elsewhere(SessionWatch& watch, calls::Key call, Side side, std::string tag, std::string flow)
      : watch_{watch},
        call_{std::move(call)},
        side_{side},
        tag_{std::move(tag)},
        flow_{std::move(flow)} {}

  void on_response(ClientTransaction&, const sip::Message& response) override {
    const bool final = response.status() >= 200;
    if (final && word_of(response.status()) == Word::Has) watch_.found(call_, side_, tag_, flow_);
  }
  void on_failure(ClientTransaction&, Failure) override {}
  void on_client_gone(ClientTransaction&) override {}

 private:
  SessionWatch& watch_;
  const calls::Key call_;
  const Side side_;
  const std::string tag_, flow_;
};

void SessionWatch::add(const state::v1::DialogRecord& record, const Confirmed& confirmed) {
  const auto now = parts_.node.clock.steady();
  const auto [at, is_new] = calls_.try_emplace(record.call_id(), now, confirmed);
  at->second.record = record;
  if (is_new) at->second.answer = std::make_shared<Answer>(*this, record.call_id());
}

void SessionWatch::run() {
  const auto now = parts_.node.clock.steady();
  for (auto at = calls_.begin(); at != calls_.end();) {
    auto& call = at->second;
    const bool due = call.next <= now;
    if (due && (!parts_.goes_on(call.record) || ended(call) || settled(call))) {
      at = calls_.erase(at);
      continue;
    }
    if (due) {
      call.next = now + parts_.node.settings.session_check;
      ask(call);
    }
    ++at;
  }
}

bool SessionWatch::settled(const Call& call) {
  if (!call.asked || !call.check.heard()) return false;
  if (parts_.settled) parts_.settled(call.record, call.check.confirmed());
  return true;
}

void SessionWatch::ask(Call& call) {
  call.check.ask();
  call.asked = true;
  for (const auto side : {Side::Caller, Side::Callee}) {
    auto question = make_question(parts_.node, call.record, side, call.way);
    if (!question) question = make_question(parts_.node, call.record, side, Way::Through);
    const bool cut_off = is_cut_off(parts_.node, call.record, side);
    if (question) {
      ask(call, *std::move(question), side);
    } else if (!cut_off) {
      call.check.hear(side, Word::Unclear, parts_.node.clock.steady());
    }
    if (cut_off || call.check.is_silent(side)) look_elsewhere(call, side);
  }
  call.way = call.way == Way::Through ? Way::Around : Way::Through;
}

void SessionWatch::ask(const Call& call, OwnRequest question, Side side) {
  parts_.node.metrics.phones_asked.Increment();
  parts_.layer.start_client(sip::Method::Info, question.random, question.flow,
                            std::move(question.bytes), call.answer, place_of(side, call.way));
}

void SessionWatch::look_elsewhere(const Call& call, Side side) {
  const auto& record = call.record;
  const auto& leg = side == Side::Caller ? calls::caller_of(record) : calls::callee_of(record);
  parts_.locations.load(
      TenantId{record.tenant_id()}, leg.aor(),
      [this, record, side](const Result<std::vector<state::v1::Binding>>& bindings) {
        if (!bindings) return;
        for (const auto& binding : *bindings) ask_elsewhere(record, side, binding);
      });
}

void SessionWatch::ask_elsewhere(const state::v1::DialogRecord& record, Side side,
                                 const state::v1::Binding& binding) {
  auto there = side == Side::Caller ? calls::caller_of(record) : calls::callee_of(record);
  const auto path =
      binding.path().empty() ? Result<sip::Uri>{Errc::NotFound} : sip::parse_uri(binding.path(0));
  if (!path || path->user == there.flow()) return;
  there.set_flow(std::string{path->user});
  auto moved = record;
  if (side == Side::Caller) {
    *moved.mutable_legs(0) = there;
  } else {
    moved = with_one_callee(std::move(moved), there);
  }
  auto question = make_question(parts_.node, moved, side, Way::Through);
  if (!question) return;
  parts_.node.metrics.phones_asked.Increment();
  parts_.layer.start_client(
      sip::Method::Info, question->random, question->flow, std::move(question->bytes),
      std::make_shared<Elsewhere>(*this, calls::key_of(record), side, there.tag(), there.flow()),
      0);
}

void SessionWatch::found(const calls::Key& call, Side side, const std::string& tag,
                         const std::string& flow) {
  parts_.records.tell(call, calls::Moved{tag, flow});
  const auto at = calls_.find(call.call_id);
  if (at == calls_.end()) return;
  at->second.check.hear(side, Word::Has, parts_.node.clock.steady());
  for (auto& leg : *at->second.record.mutable_legs()) {
    if (leg.tag() == tag) leg.set_flow(flow);
  }
}

void SessionWatch::hear(const std::string& call_id, std::size_t place, int code) {
  const auto found = calls_.find(call_id);
  const auto word = word_of(code);
  if (found == calls_.end() || !word) return;
  auto& call = found->second;
  call.heard[static_cast<std::size_t>(side_of(place))] = way_of(place);
  call.check.hear(side_of(place), *word, parts_.node.clock.steady());
  // A BYE may have passed between question and answer; then its end is the right one. What the
  // other phone says counts, too, and is awaited for a while.
  if (!call.check.has_end()) return;
  const auto now = parts_.node.clock.steady();
  call.next = std::min(call.next, call.check.heard() ? now : now + kOtherAnswer);
}

/// Ends the call if it is over: at the last moment at which it was known not to be.
bool SessionWatch::ended(const Call& call) {
  const auto why =
      call.check.over(parts_.node.clock.steady(), parts_.node.settings.session_unclear);
  if (!why) return false;
  parts_.node.metrics.found_over.Increment();
  end(call.record, *why, call.check.talked_until(parts_.node.clock.steady()), call.heard);
  return true;
}

void SessionWatch::end(const state::v1::DialogRecord& record, std::string_view reason,
                       Clock::Steady at, const Ways& ways) {
  const auto since =
      std::chrono::duration_cast<std::chrono::milliseconds>(parts_.node.clock.steady() - at);
  const auto at_ms = parts_.node.clock.now().time_since_epoch().count() - since.count();
  log::info("call ended by the platform", {{"call_id", record.call_id()}, {"reason", reason}});
  parts_.records.tell(calls::key_of(record), calls::Closed{calls::closed(reason, 500, at_ms)});
  send_byes(parts_.node, parts_.layer, record, reason, ways);
}

}  // namespace pbx::proxy
