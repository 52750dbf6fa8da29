#include "proxy/adapters/call_rounds.hpp"

#include <algorithm>
#include <utility>

#include "core/random.hpp"

namespace pbx::proxy {
namespace {

constexpr std::string_view kTooLong = "The call reached the longest duration that is allowed.";

}  // namespace

void CallRounds::run() {
  const auto now = node_.clock.steady();
  if (const auto hints = hints_.take(); !hints.empty()) follow(hints, now);
  for (const auto& call : live_.shard(shard_)) {
    look_at(*call, now);
    call->rest();
  }
  shard_ = (shard_ + 1) % LiveCalls::kShards;
}

void CallRounds::look_at(LiveCall& call, Clock::Steady now) {
  const auto answered_at = call.answered_at_ms();
  if (answered_at == 0) return;
  const std::chrono::milliseconds lasts{node_.clock.now().time_since_epoch().count() - answered_at};
  if (lasts > node_.settings.max_call) {
    const auto copy = call.copy();
    if (!copy.end) watch_.end(copy.record, kTooLong, now);
    return;
  }
  auto& turn = call.turn;
  const auto since = now - lasts;  // when it was answered
  if (turn.confirmed == Confirmed{}) turn.confirmed = {since, since};
  if (turn.next == Clock::Steady{}) turn.next = next_turn(since);
  if (turn.next > now) return;
  turn.next = Clock::Steady::max();  // until the watch has settled it
  watch_.add(call.copy().record, turn.confirmed);
}

void CallRounds::follow(const PhoneHints::Hints& hints, Clock::Steady now) {
  for (const auto& key : hints.doubted) {
    if (const auto call = live_.find(key)) look_now(*call, now);
  }
  if (hints.unreachable.empty() && hints.closed.empty()) return;
  for (std::size_t shard = 0; shard < LiveCalls::kShards; ++shard) {
    for (const auto& call : live_.shard(shard)) {
      if (call->answered_at_ms() == 0 || call->turn.next == Clock::Steady::max()) continue;
      if (is_hinted_at(call->copy().record, hints)) look_now(*call, now);
    }
  }
}

/// Unless its phones are being asked.
void CallRounds::look_now(LiveCall& call, Clock::Steady now) {
  if (call.answered_at_ms() == 0 || call.turn.next == Clock::Steady::max()) return;
  call.turn.next = now;
  look_at(call, now);
}

bool CallRounds::is_hinted_at(const state::v1::DialogRecord& record,
                              const PhoneHints::Hints& hints) const {
  const auto has = [](const auto& all, const auto& one) {
    return std::find(all.begin(), all.end(), one) != all.end();
  };
  return std::any_of(record.legs().begin(), record.legs().end(), [&](const auto& leg) {
    const auto token = node_.tokens.read_flow(leg.flow());
    if (!token) return false;
    if (!sip::is_reliable(token->transport)) return has(hints.unreachable, token->remote);
    return token->boot == node_.settings.boot && has(hints.closed, token->connection);
  });
}

void CallRounds::settled(const state::v1::DialogRecord& record, const Confirmed& confirmed) {
  const auto call = live_.find(calls::key_of(record));
  if (call) call->turn = {next_turn(node_.clock.steady()), confirmed};
}

/// In the second half of the time from now.
Clock::Steady CallRounds::next_turn(Clock::Steady now) const {
  const auto half = node_.settings.call_check / 2;
  const auto spread = static_cast<std::int64_t>(
      random_u64() % static_cast<std::uint64_t>(std::max<std::int64_t>(half.count(), 1)));
  return now + half + std::chrono::milliseconds{spread};
}

}  // namespace pbx::proxy
