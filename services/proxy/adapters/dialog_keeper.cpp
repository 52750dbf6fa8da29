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

/// The record of a call that was answered when, nobody knows: at the latest when it was hung up.
void note_answer(state::v1::DialogRecord& record, std::string_view callee_tag, std::int64_t at_ms) {
  record.mutable_callee()->set_tag(std::string{callee_tag});
  record.set_answered_at_ms(at_ms);
  record.clear_forks();
  record.clear_early();
}

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
  // A hang-up may be quicker than the write, at another worker or because Redis is away.
  parts_.live.store(made->bytes, state::v1::DIALOG_STATE_UNSPECIFIED, {});
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
    if (over || step.error() == Errc::NotFound) parts_.live.remove(made->bytes.key);
    done(over ? make_error_code(Errc::Cancelled) : step.error());
  });
}

void DialogKeeper::ended(const state::v1::DialogRecord& record, const CallEnd& facts) {
  auto ending = std::make_shared<Ending>(record, facts, [](const Result<>&) {});
  in_order([this, ending = std::move(ending)] { store_end(ending); });
}

void DialogKeeper::end(const state::v1::DialogRecord& record, const CallEnd& facts, Done done) {
  store_end(std::make_shared<Ending>(record, facts, std::move(done)));
}

void DialogKeeper::store_end(std::shared_ptr<Ending> ending) {
  ++in_flight_;
  parts_.dialogs.end(ending->key, ending->tenant, facts_of(ending->facts, parts_.node),
                     parts_.lease, [this, ending](Result<cluster::Dialog> dialog) {
                       --in_flight_;
                       if (!dialog) return not_ended(ending, dialog.error());
                       publish_end(*dialog);
                       ending->done({});
                     });
}

void DialogKeeper::not_ended(std::shared_ptr<Ending> ending, std::error_code error) {
  if (ending->repairs_left > 0 && error == Errc::NotFound) {
    --ending->repairs_left;
    return bring_back(ending->key, [this, ending](const Result<>&) { store_end(ending); });
  }
  if (ending->repairs_left > 0 && error == cluster::Errc::NotAnswered) {
    --ending->repairs_left;
    return store_answer_of(std::move(ending));
  }
  const bool later = again(error, [this, ending] { store_end(ending); });
  if (!later) parts_.live.remove(ending->key);
  ending->repairs_left = Ending::kRepairs;
  if (later && ending->patient) return;
  std::exchange(ending->done, [](const Result<>&) {})(error);
}

void DialogKeeper::store_answer_of(std::shared_ptr<Ending> ending) {
  auto known = parts_.live.copy(ending->key);
  if (!known || known->record.answered_at_ms() == 0) {
    parts_.live.remove(ending->key);
    return ending->done(cluster::Errc::NotAnswered);
  }
  known->record.set_state(state::v1::DIALOG_STATE_ANSWERED);
  auto made = std::make_unique<Written>(known->record, events::v1::CALL_EVENT_KIND_ANSWERED,
                                        parts_.node, known->record.answered_at_ms());
  ++in_flight_;
  const auto& bytes = made->bytes;
  parts_.dialogs.answered(bytes,
                          [this, ending, made = std::move(made)](Result<cluster::Step> step) {
                            --in_flight_;
                            if (step) stored(*made, state::v1::DIALOG_STATE_ANSWERED, *step);
                            store_end(ending);  // which says what is wrong, if anything is
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
                           tell_again({record, sequence, step->version, {}});
                           const auto key = cluster::key_of(record);
                           parts_.live.store(record, record.state(), {sequence, step->version});
                           parts_.live.mark_taken_over(key);
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
  auto record = dialog.record;
  if (tells_of_an_answer(*bye, record)) {
    const bool by_caller = record.caller().tag() == bye->from_tag;
    note_answer(record, by_caller ? bye->to_tag : bye->from_tag, bye->at_ms);
    parts_.live.store(record, dialog.record.state(), {dialog.sequence, dialog.version});
    log::warn("answer that was not written noted at the hang-up", {{"call_id", key.call_id}});
  }
  auto ending = std::make_shared<Ending>(
      record, end_by_bye(record, bye->from_tag, bye->at_ms), [this, bye](const Result<>& is) {
        const bool asked = std::exchange(bye->asked, true);
        // Answered by what this process does not know.
        if (is.error() == cluster::Errc::AlreadyAnswered && !asked) return store_hung_up(bye);
        bye->done(is.error() == cluster::Errc::AlreadyEnded ? Result<>{} : is);
      });
  ending->patient = true;
  store_end(std::move(ending));
}

bool DialogKeeper::tells_of_an_answer(const HungUp& bye,
                                      const state::v1::DialogRecord& record) const {
  if (record.answered_at_ms() != 0) return false;
  return record.caller().tag() != bye.from_tag || !parts_.live.is_own(cluster::key_of(record));
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
