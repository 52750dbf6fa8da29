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

// A record has an owner (its lease); this only clears away what no reaper ever found.
constexpr std::int64_t kTtlMs = 7LL * 24 * 3600 * 1000;

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
    case 7:
      return Errc::NotAnswered;
  }
  return pbx::Errc::BadData;
}

/// A call of a function that touches the record, the leases of its shard and its tenant's calls.
Command on_call(std::string_view function, const DialogKey& key, TenantId tenant) {
  return {"FCALL",
          function,
          "3",
          redis_keys::dialog(key.sip_call_id),
          lease_key(key),
          calls_key(key, tenant),
          key.call_id};
}

Result<Step> read_step(const Reply& reply) {
  if (const auto error = verdict(reply)) return error;
  return Step{static_cast<std::uint32_t>(reply[1].integer()),
              static_cast<std::uint32_t>(reply[2].integer())};
}

}  // namespace

DialogKey key_of(const DialogRecord& record) { return {record.sip_call_id(), record.call_id()}; }

EncodedRecord::EncodedRecord(const DialogRecord& record)
    : key{key_of(record)},
      tenant{record.tenant_id()},
      started_at_ms{record.started_at_ms()},
      caller_tag{tag(record.caller().tag())},
      callee_tag{tag(record.callee().tag())},
      body{record.SerializeAsString()} {}

Dialogs::Dialogs(redis::Client& redis, const Clock& clock)
    : redis_{redis},
      clock_{clock},
      functions_{"pbx_dialogs", kDialogsLua},
      begin_name_{functions_.function("pbx_dlg_begin")},
      step_name_{functions_.function("pbx_dlg_step")},
      end_name_{functions_.function("pbx_dlg_end")},
      claim_name_{functions_.function("pbx_dlg_claim")},
      restore_name_{functions_.function("pbx_dlg_restore")} {}

void Dialogs::begin(const EncodedRecord& record, Duration lease, Done<Step> done) {
  // Record, lease and listing in one: a record without a lease would never be found by the reaper.
  const auto& key = record.key;
  auto command = on_call(begin_name_, key, TenantId{record.tenant});
  command.add(encode_new_dialog(record)).add(kTtlMs).add(encode_tenant(record.tenant));
  command.add(record.caller_tag);
  command.add(lease_member(kLive, key)).add(now_ms() + lease.count());
  command.add(record.started_at_ms).add(call_member(key));
  send_step(std::move(command), std::move(done));
}

void Dialogs::restore(const Dialog& dialog, Duration lease, Done<bool> done) {
  const EncodedRecord record{dialog.record};
  const auto& key = record.key;
  auto command = on_call(restore_name_, key, TenantId{record.tenant});
  command.add(encode_dialog(record, dialog.record.state(), dialog.sequence, dialog.version));
  command.add(kTtlMs);
  command.add(lease_member(kLive, key)).add(now_ms() + lease.count());
  command.add(record.started_at_ms).add(call_member(key));
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    done(reply->integer() == 1);
  });
}

void Dialogs::send_step(Command command, Done<Step> done) {
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    done(read_step(*reply));
  });
}

void Dialogs::step(std::string_view kind, const EncodedRecord& record, std::uint32_t version,
                   Done<Step> done) {
  Command command{record.body.size() + 256,
                  {"FCALL", step_name_, "1", redis_keys::dialog(record.key.sip_call_id),
                   record.key.call_id, kind}};
  command.add(version).add(record.callee_tag).add(record.body);
  send_step(std::move(command), std::move(done));
}

void Dialogs::ringing(const EncodedRecord& record, Done<Step> done) {
  step("R", record, 0, std::move(done));
}

void Dialogs::note(const EncodedRecord& record, Done<Step> done) {
  step("N", record, 0, std::move(done));
}

void Dialogs::answered(const EncodedRecord& record, Done<Step> done) {
  step("A", record, 0, std::move(done));
}

void Dialogs::replace(const EncodedRecord& record, std::uint32_t version, Done<Step> done) {
  step("U", record, version, std::move(done));
}

void Dialogs::end(const DialogKey& key, TenantId tenant, const EndFacts& facts, Duration lease,
                  Done<Dialog> done) {
  // Again with the lease: should this node die right after, the reaper sends the event.
  auto command = on_call(end_name_, key, tenant);
  command.add(encode_end(facts));
  command.add(lease_member(kEnded, key)).add(now_ms() + lease.count());
  command.add(facts.outcome == events::v1::CALL_OUTCOME_ANSWERED ? 1 : 0);
  command.add(call_member(key)).add(lease_member(kLive, key));
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    if (const auto error = verdict(*reply)) return done(error);
    done(decode_dialog((*reply)[1].text()));
  });
}

void Dialogs::forget(const DialogKey& key, Done<void> done) {
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
