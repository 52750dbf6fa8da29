#include "proxy/adapters/dialog_keeper.hpp"

#include <span>
#include <utility>

#include "cluster/call_event.hpp"
#include "cluster/errc.hpp"
#include "core/errc.hpp"
#include "model/topics.hpp"
#include "redis/errc.hpp"
#include "telemetry/log.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kMaxWaiting = 200'000;
constexpr std::size_t kRetriesAtOnce = 1'000;

cluster::EndFacts facts_of(const CallEnd& end, const std::string& node) {
  return {end.at_ms, end.outcome, end.sip_code, end.reason, end.hung_up_by, node};
}

}  // namespace

DialogKeeper::DialogKeeper(Parts parts) : parts_{std::move(parts)} {}

DialogKeeper::~DialogKeeper() { *alive_ = false; }

DialogKeeper::Written::Written(const state::v1::DialogRecord& record,
                               events::v1::CallEventKind kind, const std::string& node,
                               std::int64_t at_ms)
    : bytes{record}, event{cluster::call_event(record, kind, 0, node, at_ms)} {}

void DialogKeeper::begin(const state::v1::DialogRecord& record, Done done) {
  auto made = std::make_unique<Written>(record, events::v1::CALL_EVENT_KIND_STARTED, parts_.node,
                                        record.started_at_ms());
  ++in_flight_;
  const auto& bytes = made->bytes;
  parts_.dialogs.begin(
      bytes, parts_.lease,
      [this, made = std::move(made), done = std::move(done)](Result<cluster::Step> step) mutable {
        --in_flight_;
        if (!step) {
          parts_.metrics.record_failures.Increment();
          return done(step.error());
        }
        stored(*made, state::v1::DIALOG_STATE_CALLING, *step);
        done({});
      });
}

void DialogKeeper::ringing(const state::v1::DialogRecord& record) {
  auto made = std::make_unique<Written>(record, events::v1::CALL_EVENT_KIND_RINGING, parts_.node,
                                        record.ringing_at_ms());
  ++in_flight_;
  const auto& bytes = made->bytes;
  parts_.dialogs.ringing(bytes, [this, made = std::move(made)](Result<cluster::Step> step) {
    --in_flight_;
    if (!step) return parts_.metrics.record_failures.Increment();
    stored(*made, state::v1::DIALOG_STATE_RINGING, *step);
  });
}

void DialogKeeper::answered(const state::v1::DialogRecord& record, Done done) {
  auto made = std::make_shared<Written>(record, events::v1::CALL_EVENT_KIND_ANSWERED, parts_.node,
                                        record.answered_at_ms());
  if (!waiting_.empty()) {
    waiting_.push_back([this, made] { store_answered(made, [](const Result<>&) {}); });
    return done(Errc::Unavailable);
  }
  store_answered(std::move(made), std::move(done));
}

void DialogKeeper::store_answered(std::shared_ptr<Written> made, Done done, Lost lost) {
  ++in_flight_;
  const auto& bytes = made->bytes;
  parts_.dialogs.answered(bytes, [this, lost, made = std::move(made),
                                  done = std::move(done)](Result<cluster::Step> step) mutable {
    --in_flight_;
    if (step) {
      stored(*made, state::v1::DIALOG_STATE_ANSWERED, *step);
      return done({});
    }
    if (step.error() == Errc::NotFound && lost == Lost::BringBack) {
      const auto& key = made->bytes.key;
      return bring_back(key, [this, made, done = std::move(done)](const Result<>&) mutable {
        store_answered(std::move(made), std::move(done), Lost::GiveUp);
      });
    }
    again(step.error(), [this, made] { store_answered(made, [](const Result<>&) {}); });
    const bool over = step.error() == cluster::Errc::AlreadyEnded;
    done(over ? make_error_code(Errc::Cancelled) : step.error());
  });
}

void DialogKeeper::ended(const state::v1::DialogRecord& record, const CallEnd& end_facts) {
  in_order([this, key = cluster::key_of(record), facts = end_facts] {
    end(key, facts, [](const Result<>&) {});
  });
}

void DialogKeeper::end(const cluster::DialogKey& key, const CallEnd& facts, Done done) {
  store_end(key, facts, std::move(done), Lost::BringBack);
}

void DialogKeeper::store_end(const cluster::DialogKey& key, const CallEnd& facts, Done done,
                             Lost lost) {
  ++in_flight_;
  parts_.dialogs.end(
      key, facts_of(facts, parts_.node), parts_.lease,
      [this, key, facts, lost, done = std::move(done)](Result<cluster::Dialog> dialog) mutable {
        --in_flight_;
        if (dialog) {
          publish_end(*dialog);
          return done({});
        }
        if (dialog.error() == Errc::NotFound && lost == Lost::BringBack) {
          return bring_back(key,
                            [this, key, facts, done = std::move(done)](const Result<>&) mutable {
                              store_end(key, facts, std::move(done), Lost::GiveUp);
                            });
        }
        const bool later =
            again(dialog.error(), [this, key, facts] { end(key, facts, [](const Result<>&) {}); });
        if (!later) parts_.live.remove(key);
        done(dialog.error());
      });
}

void DialogKeeper::publish_end(const cluster::Dialog& dialog) {
  const auto key = cluster::key_of(dialog.record);
  parts_.live.remove(key);
  parts_.undelivered.add(key);
  const auto event = cluster::ended_event(dialog);
  parts_.metrics.events_published.Increment();
  parts_.events.publish(topics::kCalls, key.call_id, event.SerializeAsString(), parts_.executor,
                        [this, alive = alive_, key](const Result<>& delivered) {
                          if (!*alive) return;
                          parts_.undelivered.remove(key);
                          // Not delivered: the record stays, and whoever finds it sends again.
                          if (delivered) parts_.dialogs.forget(key);
                        });
}

void DialogKeeper::bring_back(const cluster::DialogKey& key, Done done) {
  const auto copy = parts_.live.copy(key);
  if (!copy) return done(Errc::NotFound);
  ++in_flight_;
  parts_.dialogs.restore(*copy, parts_.lease,
                         [this, done = std::move(done)](Result<bool> written) mutable {
                           --in_flight_;
                           if (!written) return done(written.error());
                           if (*written) parts_.metrics.restored.Increment();
                           done({});
                         });
}

void DialogKeeper::find(std::string_view sip_call_id, std::string_view tag_a,
                        std::string_view tag_b, Found done) {
  parts_.dialogs.find(sip_call_id, tag_a, tag_b,
                      [done = std::move(done)](Result<cluster::Dialog> dialog) mutable {
                        if (!dialog) return done(dialog.error());
                        if (dialog->end) return done(Errc::NotFound);
                        done(std::move(dialog->record));
                      });
}

void DialogKeeper::take_over(std::string_view sip_call_id, std::string_view caller_tag,
                             Wanted wanted, Found done) {
  parts_.dialogs.find(sip_call_id, caller_tag, {},
                      [this, wanted = std::move(wanted),
                       done = std::move(done)](Result<cluster::Dialog> dialog) mutable {
                        if (!dialog) return done(dialog.error());
                        if (dialog->end) return done(Errc::NotFound);
                        if (const auto is = wanted(dialog->record); !is) return done(is.error());
                        tell_again(*dialog);
                        claim(*dialog, std::move(done));
                      });
}

void DialogKeeper::claim(const cluster::Dialog& dialog, Found done) {
  auto record = dialog.record;
  record.set_owner(parts_.node);
  if (record.has_early()) record.mutable_early()->set_boot(parts_.boot);
  parts_.dialogs.replace(record, dialog.version,
                         [this, record, sequence = dialog.sequence,
                          done = std::move(done)](const Result<cluster::Step>& step) mutable {
                           if (!step) return done(step.error());
                           const auto key = cluster::key_of(record);
                           parts_.live.store(record, record.state(), {sequence, step->version});
                           parts_.dialogs.renew(std::span{&key, 1}, parts_.lease);
                           done(std::move(record));
                         });
}

void DialogKeeper::tell_again(const cluster::Dialog& dialog) {
  for (const auto& event : cluster::events_until(dialog, parts_.node)) {
    parts_.events.publish(topics::kCalls, event.call_id(), event.SerializeAsString());
  }
}

void DialogKeeper::noted(const state::v1::DialogRecord& record) {
  auto bytes = std::make_unique<const cluster::EncodedRecord>(record);
  const auto& written = *bytes;
  parts_.dialogs.note(written, [this, bytes = std::move(bytes)](const Result<cluster::Step>& step) {
    if (!step) return parts_.metrics.record_failures.Increment();
    parts_.live.store(*bytes, state::v1::DIALOG_STATE_UNSPECIFIED, *step);
  });
}

void DialogKeeper::hung_up(std::string_view sip_call_id, std::string_view from_tag,
                           std::string_view to_tag, std::int64_t at_ms, Done done) {
  HungUp told{std::string{sip_call_id}, std::string{from_tag}, std::string{to_tag}, at_ms,
              std::move(done)};
  in_order([this, bye = std::make_shared<HungUp>(std::move(told))] {
    // Most calls end where they were answered: what is known here spares a question.
    const auto known = parts_.live.find(bye->sip_call_id, bye->from_tag, bye->to_tag);
    known ? end_by(bye, *known) : store_hung_up(bye);
  });
}

void DialogKeeper::store_hung_up(std::shared_ptr<HungUp> bye) {
  ++in_flight_;
  const auto& told = *bye;
  parts_.dialogs.find(
      told.sip_call_id, told.from_tag, told.to_tag, [this, bye](Result<cluster::Dialog> dialog) {
        --in_flight_;
        if (!dialog && dialog.error() == Errc::NotFound) {
          auto known = parts_.live.find(bye->sip_call_id, bye->from_tag, bye->to_tag);
          if (known) dialog = std::move(*known);  // Redis has lost it; ending it brings it back
        }
        if (dialog) return end_by(bye, *dialog);
        const bool later = again(dialog.error(), [this, bye] { store_hung_up(bye); });
        if (!later) bye->done(dialog.error());
      });
}

void DialogKeeper::end_by(std::shared_ptr<HungUp> bye, const cluster::Dialog& dialog) {
  const auto key = cluster::key_of(dialog.record);
  if (dialog.end) {
    parts_.live.remove(key);
    return bye->done({});
  }
  if (dialog.record.answered_at_ms() == 0 && !parts_.live.has(key)) {
    return note_answer(bye, dialog.record);
  }
  end(key, end_by_bye(dialog.record, bye->from_tag, bye->at_ms), [this, bye](const Result<>& is) {
    // Answered or ended elsewhere meanwhile.
    if (is.error() == cluster::Errc::AlreadyAnswered) return store_hung_up(bye);
    if (is.error() == cluster::Errc::AlreadyEnded) return bye->done({});
    if (!redis::is_outage(is.error())) return bye->done(is);
    in_order([this, bye] { store_hung_up(bye); });  // behind the end, which waits now
  });
}

void DialogKeeper::note_answer(std::shared_ptr<HungUp> bye, state::v1::DialogRecord record) {
  const bool by_caller = record.caller().tag() == bye->from_tag;
  record.mutable_callee()->set_tag(by_caller ? bye->to_tag : bye->from_tag);
  record.set_answered_at_ms(bye->at_ms);
  record.set_state(state::v1::DIALOG_STATE_ANSWERED);
  record.set_owner(parts_.node);
  record.clear_forks();
  record.clear_early();
  log::warn("answer that a lost node did not write noted at the hang-up",
            {{"call_id", record.call_id()}});
  auto made = std::make_shared<Written>(record, events::v1::CALL_EVENT_KIND_ANSWERED, parts_.node,
                                        bye->at_ms);
  store_answered(std::move(made), [this, bye](const Result<>&) { store_hung_up(bye); });
}

void DialogKeeper::stored(Written& made, state::v1::DialogState state, const cluster::Step& step) {
  parts_.live.store(made.bytes, state, step);
  if (step.sequence == 0) return;
  made.event.set_sequence(step.sequence);
  parts_.metrics.events_published.Increment();
  parts_.events.publish(topics::kCalls, made.bytes.key.call_id, made.event.SerializeAsString());
}

bool DialogKeeper::again(std::error_code error, Write write) {
  const bool gone = error == Errc::NotFound || error == cluster::Errc::AlreadyEnded ||
                    error == cluster::Errc::AlreadyAnswered;
  if (!gone) parts_.metrics.record_failures.Increment();
  if (!redis::is_outage(error) || waiting_.size() >= kMaxWaiting) {
    if (!gone) log::error("dialog record not written", {{"error", error}});
    return false;
  }
  waiting_.push_back(std::move(write));
  return true;
}

void DialogKeeper::in_order(Write write) {
  if (waiting_.empty()) return write();
  waiting_.push_back(std::move(write));
}

void DialogKeeper::retry() {
  auto batch = std::exchange(waiting_, {});
  // The first one that fails at once waits again, and all behind it.
  for (std::size_t done = 0; !batch.empty() && waiting_.empty() && done < kRetriesAtOnce; ++done) {
    auto write = std::move(batch.front());
    batch.pop_front();
    write();
  }
  for (auto& write : batch) waiting_.push_back(std::move(write));
}

}  // namespace pbx::proxy
