#include "proxy/adapters/dialog_keeper.hpp"

#include <boost/asio/post.hpp>
#include <span>
#include <utility>

#include "cluster/call_event.hpp"
#include "core/errc.hpp"
#include "model/topics.hpp"
#include "redis/errc.hpp"
#include "telemetry/log.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kMaxWaiting = 200'000;
constexpr std::size_t kRetriesAtOnce = 1'000;

}  // namespace

DialogKeeper::DialogKeeper(Parts parts)
    : parts_{std::move(parts)},
      executor_{parts_.loop.get_executor()},
      write_due_{parts_.loop,
                 [this] {
                   for (const auto& one : std::exchange(due_, {})) write(one);
                 }},
      forget_delivered_{parts_.loop,
                        [this] { parts_.dialogs.forget(std::exchange(delivered_, {})); }} {}

DialogKeeper::~DialogKeeper() { *alive_ = false; }

void DialogKeeper::begin(const state::v1::DialogRecord& record, Done done) {
  auto made = calls::new_call(record);
  const cluster::EncodedCall encoded{made};
  auto started = cluster::call_event(made.record, events::v1::CALL_EVENT_KIND_STARTED, 1,
                                     parts_.node, record.started_at_ms());
  const auto call = std::make_shared<LiveCall>(std::move(made), 0);
  call->begin();
  parts_.live.add(call);
  ++in_flight_;
  parts_.dialogs.begin(encoded, parts_.lease,
                       [this, call, started = std::move(started),
                        done = std::move(done)](const Result<>& begun) mutable {
                         --in_flight_;
                         if (!begun) {
                           parts_.metrics.record_failures.Increment();
                           parts_.live.remove(call->key());
                           answer(call->given_up(begun.error()));
                           return done(begun.error());
                         }
                         call->begun();
                         publish(started);
                         done({});
                         write(call);
                       });
}

void DialogKeeper::tell(const calls::Key& key, calls::Event event, Until until, Done done) {
  if (auto call = parts_.live.find(key))
    return tell(std::move(call), std::move(event), until, std::move(done));
  parts_.dialogs.load(key, [this, event = std::move(event), until,
                            done = std::move(done)](Result<calls::Call> loaded) mutable {
    if (!loaded) return done(loaded.error());
    if (loaded->end) return done(Errc::Cancelled);
    const auto stored = loaded->version;
    tell(std::make_shared<LiveCall>(*std::move(loaded), stored), std::move(event), until,
         std::move(done));
  });
}

void DialogKeeper::tell(LiveCallPtr call, calls::Event event, Until until, Done done) {
  LiveCall::Waiter waiter{executor_, std::move(done), until == Until::Stored};
  answer(call->tell(std::move(event), std::move(waiter), parts_.node));
  due_.push_back(std::move(call));
  write_due_.arm();
}

void DialogKeeper::write(const LiveCallPtr& call) {
  auto due = call->take_write();
  if (!due) return;
  ++in_flight_;
  const auto version = due->call.version;
  parts_.dialogs.write(due->call, due->expected, parts_.lease,
                       [this, call, version](Result<std::optional<calls::Call>> there) {
                         --in_flight_;
                         written(call, version, std::move(there));
                       });
}

void DialogKeeper::written(const LiveCallPtr& call, std::uint32_t version,
                           Result<std::optional<calls::Call>> there) {
  if (!there) return not_written(call, there.error());
  if (!*there) return settle(call, call->stored(version));
  settle(call, call->rebase(**std::move(there), parts_.node));
}

void DialogKeeper::settle(const LiveCallPtr& call, LiveCall::Stored stored) {
  if (stored.was_lost) parts_.metrics.restored.Increment();
  for (const auto& event : stored.events) publish(event);
  if (stored.ended) {
    publish_end(call->key(), *stored.ended);
  } else if (call->over()) {
    parts_.live.remove(call->key());  // somebody else ended it
  }
  answer(std::move(stored.answers));
  write(call);
}

void DialogKeeper::not_written(const LiveCallPtr& call, std::error_code error) {
  parts_.metrics.record_failures.Increment();
  const bool own = parts_.live.find(call->key()) == call;
  const bool slept = parts_.slept && parts_.slept();
  if (error == Errc::NotFound && own && !slept) {
    call->lost();
    return write(call);
  }
  if (redis::is_outage(error) && waiting_.size() < kMaxWaiting) {
    answer(call->postponed(error));
    waiting_.push_back(call);
    return;
  }
  if (error != Errc::NotFound) log::error("call not written", {{"error", error}});
  if (own) parts_.live.remove(call->key());
  answer(call->given_up(error));
}

/// Each on its own thread.
void DialogKeeper::answer(LiveCall::Answers answers) {
  for (auto& [waiter, result] : answers) {
    if (waiter.executor == executor_) {
      waiter.done(result);
    } else {
      boost::asio::post(waiter.executor,
                        [done = std::move(waiter.done), told = result]() mutable { done(told); });
    }
  }
}

void DialogKeeper::publish(const events::v1::CallEvent& event) {
  parts_.metrics.events_published.Increment();
  parts_.events.publish(topics::kCalls, event.call_id(), event.SerializeAsString());
}

void DialogKeeper::publish_end(const calls::Call& call) {
  publish_end(calls::key_of(call.record), cluster::ended_event(call));
}

void DialogKeeper::publish_end(const calls::Key& key, const events::v1::CallEvent& ended) {
  parts_.live.remove(key);
  parts_.undelivered.add(key);
  parts_.metrics.events_published.Increment();
  parts_.events.publish(topics::kCalls, key.call_id, ended.SerializeAsString(), executor_,
                        [this, alive = alive_, key](const Result<>& delivered) {
                          if (!*alive) return;
                          parts_.undelivered.remove(key);
                          // Not delivered: the record stays, and whoever finds it sends again.
                          if (!delivered) return;
                          delivered_.push_back(key);
                          forget_delivered_.arm();
                        });
}

void DialogKeeper::bring_back(const calls::Key& key) {
  const auto call = parts_.live.find(key);
  if (!call) return;
  call->missing();
  write(call);
}

void DialogKeeper::find(const calls::Key& key, Found done) {
  if (auto here = known(key)) return done(*std::move(here));
  parts_.dialogs.load(key, [done = std::move(done)](Result<calls::Call> call) mutable {
    if (!call) return done(call.error());
    done(Known{*std::move(call), calls::Knowledge::Record});
  });
}

std::optional<CallRecords::Known> DialogKeeper::known(const calls::Key& key) const {
  using calls::Knowledge;
  const auto call = parts_.live.find(key);
  if (!call) return std::nullopt;
  return Known{call->copy(), call->all_known() ? Knowledge::All : Knowledge::Record};
}

void DialogKeeper::count(TenantId tenant, UserId caller, Counted done) {
  parts_.dialogs.count(tenant, caller, std::move(done));
}

void DialogKeeper::take_over(std::string_view sip_call_id, Wanted wanted, Taken done) {
  parts_.dialogs.load_under(sip_call_id, [this, wanted = std::move(wanted), done = std::move(done)](
                                             Result<std::vector<calls::Call>> calls) mutable {
    if (!calls) return done(calls.error());
    std::error_code why = Errc::NotFound;
    for (const auto& call : *calls) {
      if (call.end) continue;
      const auto is = wanted(call.record);
      if (is) return claim(call, std::move(done));
      if (why == Errc::NotFound || why == Errc::PermissionDenied) why = is.error();
    }
    done(why);
  });
}

void DialogKeeper::claim(const calls::Call& call, Taken done) {
  const auto taken = std::make_shared<LiveCall>(call, call.version);
  taken->not_all_known();
  const calls::TakenOver event{parts_.node, parts_.boot, call.version};
  tell(taken, event, Until::Tried,
       [this, taken, done = std::move(done)](const Result<>& is) mutable {
         if (!is) return done(is.error());
         const auto copy = taken->copy();
         tell_again(copy);
         parts_.live.add(taken);
         parts_.dialogs.renew(std::span{&taken->key(), 1}, parts_.lease);
         done(copy.record);
       });
}

void DialogKeeper::tell_again(const calls::Call& call) {
  for (const auto& event : cluster::events_until(call, parts_.node)) publish(event);
}

void DialogKeeper::hung_up(const calls::Key& key, std::string_view from_tag,
                           std::string_view to_tag, std::int64_t at_ms, Done done) {
  auto bye = std::make_shared<HungUp>(
      HungUp{key, std::string{from_tag}, std::string{to_tag}, at_ms, std::move(done)});
  // Most calls end where they were answered: what is known here spares a question.
  if (auto call = parts_.live.find(key)) {
    const bool all_known = call->all_known();
    return end_by(bye, std::move(call), !all_known);
  }
  find_hung_up(std::move(bye));
}

void DialogKeeper::under(std::string_view sip_call_id, Under done) {
  parts_.dialogs.load_under(
      sip_call_id, [this, id = std::string{sip_call_id},
                    done = std::move(done)](Result<std::vector<calls::Call>> calls) mutable {
        if (!calls) return done(calls.error());
        for (const auto& live : parts_.live.under(id)) {
          std::erase_if(*calls, [&](const calls::Call& one) {
            return calls::key_of(one.record) == live->key();
          });
          calls->push_back(live->copy());
        }
        done(std::move(calls));
      });
}

void DialogKeeper::find_hung_up(std::shared_ptr<HungUp> bye) {
  ++in_flight_;
  parts_.dialogs.load(bye->key, [this, bye](Result<calls::Call> call) {
    --in_flight_;
    if (call) return hung_up_elsewhere(bye, *std::move(call));
    const bool later = redis::is_outage(call.error());
    if (!later || byes_.size() >= kMaxWaiting) return bye->done(call.error());
    byes_.push_back(bye);
  });
}

/// The call is another process'. Where its record says that it rings, an answer was not written if
/// that process is gone; if it lives, it knows better and ends it itself.
void DialogKeeper::hung_up_elsewhere(std::shared_ptr<HungUp> bye, calls::Call call) {
  if (call.end) return bye->done({});
  const auto stored = call.version;
  const bool answered = call.answered();
  const bool lost = !answered && parts_.is_lost && parts_.is_lost(call.record);
  auto elsewhere = std::make_shared<LiveCall>(std::move(call), stored);
  if (!answered && !lost) return bye->done({});
  end_by(bye, std::move(elsewhere), lost);
}

void DialogKeeper::end_by(const std::shared_ptr<HungUp>& bye, LiveCallPtr call, bool answer_lost) {
  tell(std::move(call), calls::HungUp{bye->from_tag, bye->to_tag, bye->at_ms, answer_lost},
       Until::Stored, [bye](const Result<>& is) {
         const bool over = is.error() == Errc::Cancelled || is.error() == Errc::NotFound;
         bye->done(over ? Result<>{} : is);
       });
}

void DialogKeeper::retry() {
  auto batch = std::exchange(waiting_, {});
  // The first one that fails at once waits again, and all behind it.
  for (std::size_t done = 0; !batch.empty() && waiting_.empty() && done < kRetriesAtOnce; ++done) {
    const auto call = std::move(batch.front());
    batch.pop_front();
    write(call);
  }
  for (auto& call : batch) waiting_.push_back(std::move(call));
  auto byes = std::exchange(byes_, {});
  for (std::size_t done = 0; !byes.empty() && byes_.empty() && done < kRetriesAtOnce; ++done) {
    find_hung_up(std::move(byes.front()));
    byes.pop_front();
  }
  for (auto& bye : byes) byes_.push_back(std::move(bye));
}

}  // namespace pbx::proxy
