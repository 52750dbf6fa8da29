#include "cluster/dialogs.hpp"

#include <utility>

#include "cluster/dialog_codec.hpp"
#include "cluster/errc.hpp"
#include "cluster/lease_member.hpp"
#include "cluster/lua.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;
using state::v1::DialogRecord;

// A live record has an owner (its lease); this only clears away what no reaper ever found.
constexpr std::int64_t kLiveTtlMs = 7LL * 24 * 3600 * 1000;
constexpr std::int64_t kEndedTtlMs = 3600 * 1000;
constexpr std::size_t kMaxStale = 100'000;  // beyond that, listing the tenant's calls removes them

std::string_view tag(std::string_view text) { return text.substr(0, 0xffff); }

/// What a server-side function's verdict means; no error for 0.
std::error_code verdict(const Reply& reply) {
  if (!reply.is_array() || reply.size() == 0) return pbx::Errc::BadData;
  switch (reply[0].integer()) {
    case 0:
      return {};
    case 1:
      return Errc::AlreadyEnded;
    case 2:
      return Errc::AlreadyAnswered;
    case 3:
      return pbx::Errc::NotFound;
    case 4:
      return pbx::Errc::Conflict;
    case 5:
      return pbx::Errc::AlreadyExists;
    case 6:
      return pbx::Errc::Overloaded;
  }
  return pbx::Errc::BadData;
}

Result<Step> read_step(const Reply& reply) {
  if (const auto error = verdict(reply)) return error;
  return Step{static_cast<std::uint32_t>(reply[1].integer()),
              static_cast<std::uint32_t>(reply[2].integer())};
}

}  // namespace

DialogKey key_of(const DialogRecord& record) { return {record.sip_call_id(), record.call_id()}; }

Dialogs::Dialogs(redis::Client& redis, const Clock& clock)
    : redis_{redis},
      clock_{clock},
      functions_{"pbx_dialogs", kDialogsLua},
      begin_name_{functions_.function("pbx_dlg_begin")},
      step_name_{functions_.function("pbx_dlg_step")},
      end_name_{functions_.function("pbx_dlg_end")},
      claim_name_{functions_.function("pbx_dlg_claim")},
      restore_name_{functions_.function("pbx_dlg_restore")} {}

void Dialogs::begin(const DialogRecord& record, Duration lease, Done<Step> done) {
  // Record and lease in one: a record without one would never be found by the reaper.
  const auto key = key_of(record);
  Command command{"FCALL",        begin_name_, "2", redis_keys::dialog(key.sip_call_id),
                  lease_key(key), key.call_id};
  command.add(encode_new_dialog(record)).add(kLiveTtlMs).add(encode_tenant(record.tenant_id()));
  command.add(tag(record.caller().tag()));
  command.add(lease_member(kLive, key)).add(now_ms() + lease.count());
  redis_.send(std::move(command),
              [this, key, tenant = TenantId{record.tenant_id()}, started = record.started_at_ms(),
               done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
                auto step = read_step(*reply);
                if (step) list_call(key, tenant, started);
                done(std::move(step));
              });
}

void Dialogs::list_call(const DialogKey& key, TenantId tenant, std::int64_t started_at_ms) {
  redis_.send(Command{"ZADD", redis_keys::calls(tenant)}.add(started_at_ms).add(call_member(key)),
              {});
  const auto legs = redis_keys::dialog_call(key.call_id);
  redis_.send(Command{"SADD", legs, key.sip_call_id}, {});
  redis_.send(Command{"PEXPIRE", legs}.add(kLiveTtlMs), {});
}

void Dialogs::restore(const Dialog& dialog, Duration lease, Done<bool> done) {
  const auto key = key_of(dialog.record);
  Command command{"FCALL",        restore_name_, "2", redis_keys::dialog(key.sip_call_id),
                  lease_key(key), key.call_id};
  command.add(encode_dialog(dialog.record, dialog.record.state(), dialog.sequence, dialog.version));
  command.add(kLiveTtlMs);
  command.add(lease_member(kLive, key)).add(now_ms() + lease.count());
  redis_.send(std::move(command), [this, key, tenant = TenantId{dialog.record.tenant_id()},
                                   started = dialog.record.started_at_ms(),
                                   done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    if (reply->integer() == 1) list_call(key, tenant, started);
    done(reply->integer() == 1);
  });
}

void Dialogs::step(std::string_view kind, const DialogRecord& record, std::uint32_t version,
                   Done<Step> done) {
  Command command{"FCALL",          step_name_, "1", redis_keys::dialog(record.sip_call_id()),
                  record.call_id(), kind};
  command.add(version).add(tag(record.callee().tag())).add(record.SerializeAsString());
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    done(read_step(*reply));
  });
}

void Dialogs::ringing(const DialogRecord& record, Done<Step> done) {
  step("R", record, 0, std::move(done));
}

void Dialogs::note(const DialogRecord& record, Done<Step> done) {
  step("N", record, 0, std::move(done));
}

void Dialogs::answered(const DialogRecord& record, Done<Step> done) {
  step("A", record, 0, std::move(done));
}

void Dialogs::replace(const DialogRecord& record, std::uint32_t version, Done<Step> done) {
  step("U", record, version, std::move(done));
}

void Dialogs::end(const DialogKey& key, const EndFacts& facts, Duration lease, Done<Dialog> done) {
  // Again with the lease: should this node die right after, the reaper sends the event.
  Command command{"FCALL",        end_name_,  "2", redis_keys::dialog(key.sip_call_id),
                  lease_key(key), key.call_id};
  command.add(encode_end(facts)).add(kEndedTtlMs);
  command.add(lease_member(kEnded, key)).add(now_ms() + lease.count());
  command.add(facts.outcome == events::v1::CALL_OUTCOME_ANSWERED ? 1 : 0);
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    if (const auto error = verdict(*reply)) return done(error);
    auto dialog = decode_dialog((*reply)[1].text());
    if (dialog) unlist(dialog->record);
    done(std::move(dialog));
  });
}

void Dialogs::unlist(const DialogRecord& record) {
  unlist(redis_keys::calls(TenantId{record.tenant_id()}), call_member(key_of(record)));
}

void Dialogs::unlist(std::string calls_key, std::string member) {
  Command removal{"ZREM", calls_key, member};
  redis_.send(std::move(removal), [this, key = std::move(calls_key),
                                   member = std::move(member)](const Result<Reply>& reply) mutable {
    if (reply || stale_.size() >= kMaxStale) return;
    stale_.emplace_back(std::move(key), std::move(member));
  });
}

void Dialogs::tidy() {
  for (auto& [key, member] : std::exchange(stale_, {})) unlist(std::move(key), std::move(member));
}

void Dialogs::forget(const DialogKey& key, Done<void> done) {
  redis_.send(Command{"SREM", redis_keys::dialog_call(key.call_id), key.sip_call_id}, {});
  redis_.send(Command{"HDEL", redis_keys::dialog(key.sip_call_id), key.call_id}, {});
  Command leases{"ZREM", lease_key(key), lease_member(kLive, key), lease_member(kEnded, key)};
  redis_.send(std::move(leases), [done = std::move(done)](Result<Reply> reply) mutable {
    if (!done) return;
    if (reply) {
      done({});
    } else {
      done(reply.error());
    }
  });
}

}  // namespace pbx::cluster
