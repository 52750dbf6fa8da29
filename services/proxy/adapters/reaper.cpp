#include "proxy/adapters/reaper.hpp"

#include <span>
#include <utility>

#include "core/errc.hpp"
#include "proxy/domain/early.hpp"
#include "telemetry/log.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kSweepLimit = 1'600;  // at once; a node may have had tens of thousands

}  // namespace

void Reaper::sweep() {
  parts_.dialogs.unfinished(lease(), kSweepLimit,
                            [this](Result<std::vector<cluster::Lapsed>> lapsed) {
                              if (!lapsed) return;
                              more_ = lapsed->size() >= kSweepLimit / 4;
                              for (const auto& one : *lapsed) take(one);
                            });
}

void Reaper::take(const cluster::Lapsed& lapsed) {
  parts_.dialogs.load(lapsed.key,
                      [this, key = lapsed.key, ended = lapsed.ended](Result<calls::Call> dialog) {
                        if (dialog && dialog->end.has_value() == ended) settle(*dialog);
                        if (!dialog && dialog.error() == Errc::NotFound) {
                          parts_.dialogs.forget(std::span{&key, 1});
                        }
                      });
}

void Reaper::settle(const calls::Call& dialog) {
  parts_.node.metrics.reaped.Increment();
  if (dialog.end) {
    parts_.keeper.tell_again(dialog);
    return parts_.keeper.publish_end(dialog);
  }
  dialog.record.answered_at_ms() != 0 ? adopt(dialog) : settle_early(dialog);
}

void Reaper::adopt(const calls::Call& dialog) {
  parts_.keeper.claim(dialog, [this](const Result<state::v1::DialogRecord>& adopted) {
    if (adopted) parts_.adopted(*adopted);
  });
  log::info("call of a lost node taken over",
            {{"call_id", dialog.record.call_id()}, {"owner", dialog.record.owner()}});
}

void Reaper::settle_early(const calls::Call& dialog) {
  const auto& record = dialog.record;
  const auto invite = sip::parse_message(record.early().invite());
  const auto is = is_anothers(parts_.node, record);
  if (invite && (is || is.error() == Errc::Conflict)) {
    if (is && is_at_home(parts_.node, record.early())) return parts_.resume(*invite);
    if (!waited_enough(record.call_id())) return give_back(calls::key_of(record));
    if (is && source_of(parts_.node, record.early())) return parts_.resume(*invite);
  }
  close(dialog);
}

/// For the node that has the address, or lives after all: it looks as often as this one does.
void Reaper::give_back(const calls::Key& key) {
  parts_.dialogs.renew(std::span{&key, 1}, std::chrono::milliseconds{0});
}

bool Reaper::waited_enough(const std::string& call_id) {
  const auto found = passed_over_.emplace(call_id, now()).first;
  const bool enough = now() - found->second >= 2 * lease();
  std::erase_if(passed_over_, [&](const auto& one) { return now() - one.second >= 2 * lease(); });
  return enough;
}

void Reaper::close(const calls::Call& dialog) {
  const auto& record = dialog.record;
  const auto now_ms = parts_.node.clock.now().time_since_epoch().count();
  parts_.keeper.tell_again(dialog);
  parts_.keeper.tell(
      calls::key_of(record),
      calls::Closed{calls::closed("The node that handled the call was lost before it was answered.",
                                  500, now_ms)});
  log::info("call of a lost node closed",
            {{"call_id", record.call_id()}, {"owner", record.owner()}});
}

void Reaper::renew() {
  // Events that wait for Kafka here are not sent again by others.
  if (const auto ended = parts_.undelivered.all(); !ended.empty()) {
    parts_.dialogs.renew_ended(ended, lease());
  }
  const auto keys = parts_.live.all();
  parts_.node.metrics.live_calls.Set(static_cast<double>(keys.size()));
  const bool slept = parts_.awake.slept(now());
  const bool lost = std::exchange(reconnected_, false) && !slept;
  if (keys.empty()) return parts_.awake.caught_up();
  parts_.dialogs.renew(keys, lease(), [this, lost, slept](Result<std::vector<calls::Key>> gone) {
    if (!gone) {
      reconnected_ = reconnected_ || lost;
      return;
    }
    if (slept) {
      parts_.awake.caught_up();
      log::warn("this process slept: others have its calls that are over or not its own",
                {{"calls", gone->size()}});
    }
    for (const auto& key : *gone) {
      lost ? parts_.keeper.bring_back(key) : parts_.live.remove(key);
    }
    if (lost && !gone->empty()) {
      log::warn("records of calls that Redis has lost are written again",
                {{"calls", gone->size()}});
    }
  });
}

}  // namespace pbx::proxy
