#include "cluster/dialogs.hpp"

#include <array>
#include <utility>

#include "calls/dialogs_of.hpp"
#include "cluster/dialog_codec.hpp"
#include "cluster/lease_member.hpp"
#include "cluster/lua.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;

// A record has an owner (its lease); this only clears away what no reaper ever found.
constexpr std::int64_t kTtlMs = 7LL * 24 * 3600 * 1000;
// Longer than any phone repeats what belongs to an INVITE, or a node sleeps and is not lost.
constexpr std::int64_t kTombstoneMs = 5LL * 60 * 1000;
constexpr std::size_t kForgottenACommand = 128;

/// What a server-side function's verdict means; no error for 0.
std::error_code verdict(const Reply& reply) {
  if (!reply.is_array() || reply.size() == 0) return pbx::Errc::BadData;
  switch (reply[0].integer()) {
    case 0:
      return {};
    case 3:
      return pbx::Errc::NotFound;
    case 5:
      return pbx::Errc::AlreadyExists;
    case 6:
      return pbx::Errc::Overloaded;
  }
  return pbx::Errc::BadData;
}

/// A call of a function that touches the record, the leases of its shard and the lists it is on.
Command on_call(std::string_view function, const EncodedCall& call) {
  const auto& key = call.key;
  const bool limited = call.limited_caller.value != 0;
  Command command{"FCALL",
                  function,
                  limited ? "4" : "3",
                  redis_keys::dialog(key.sip_call_id),
                  lease_key(key),
                  calls_key(key, call.tenant)};
  if (limited) command.add(calls_key(key, call.tenant, call.limited_caller));
  command.add(key.call_id);
  return command;
}

}  // namespace

EncodedCall::EncodedCall(const calls::Call& call)
    : key{calls::key_of(call.record)},
      tenant{call.record.tenant_id()},
      limited_caller{call.record.caller_limited() ? call.record.caller_user_id() : 0},
      started_at_ms{call.record.started_at_ms()},
      version{call.version},
      caller_tag{calls::caller_of(call.record).tag()},
      value{encode_call(call)} {}

Dialogs::Dialogs(redis::Client& redis, const Clock& clock)
    : redis_{redis},
      clock_{clock},
      functions_{"pbx_dialogs", kDialogsLua},
      begin_name_{functions_.function("pbx_dlg_begin")},
      write_name_{functions_.function("pbx_dlg_write")},
      forget_name_{functions_.function("pbx_dlg_forget")},
      claim_name_{functions_.function("pbx_dlg_claim")} {}

void Dialogs::begin(const EncodedCall& call, Duration lease, Done<void> done) {
  // Record, lease and listing in one: a record without a lease would never be found by the reaper.
  const auto& key = call.key;
  auto command = on_call(begin_name_, call);
  command.add(call.value).add(kTtlMs).add(encode_tenant(call.tenant.value)).add(call.caller_tag);
  command.add(lease_member(kLive, key)).add(now_ms() + lease.count());
  command.add(call.started_at_ms).add(call_member(key));
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    const auto error = verdict(*reply);
    done(error ? Result<>{error} : Result<>{});
  });
}

void Dialogs::write(const EncodedCall& call, std::uint32_t expected, Duration lease,
                    Done<std::optional<calls::Call>> done) {
  const auto& key = call.key;
  auto command = on_call(write_name_, call);
  command.add(expected).add(call.value);
  command.add(lease_member(kLive, key)).add(lease_member(kEnded, key));
  command.add(now_ms() + lease.count()).add(call.started_at_ms).add(call_member(key)).add(kTtlMs);
  redis_.send(std::move(command), [this, done = std::move(done)](Result<Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    if (const auto error = verdict(*reply)) return done(error);
    if (reply->size() == 1) return done(std::optional<calls::Call>{});
    auto there = decode_call((*reply)[1].text());
    if (!there) return done(there.error());
    done(std::optional{*std::move(there)});
  });
}

void Dialogs::forget(std::span<const calls::Key> keys) {
  std::array<std::vector<const calls::Key*>, redis_keys::kDialogShards> shards;
  for (const auto& key : keys) {
    auto& shard = shards[redis_keys::dialog_shard(key.sip_call_id)];
    shard.push_back(&key);
    if (shard.size() == kForgottenACommand) forget(std::exchange(shard, {}));
  }
  for (auto& shard : shards) {
    if (!shard.empty()) forget(shard);
  }
}

/// Of one shard.
void Dialogs::forget(const std::vector<const calls::Key*>& keys) {
  Command command{160 * keys.size(), {"FCALL", forget_name_}};
  command.add(static_cast<std::int64_t>(keys.size()) + 1).add(lease_key(*keys.front()));
  for (const auto* key : keys) command.add(redis_keys::dialog(key->sip_call_id));
  command.add(kTombstoneMs);
  for (const auto* key : keys) {
    command.add(key->call_id).add(lease_member(kLive, *key)).add(lease_member(kEnded, *key));
  }
  redis_.send(std::move(command), [this](Result<Reply> reply) {
    if (!reply) functions_.reload_if_missing(redis_, reply.error());
  });
}

}  // namespace pbx::cluster
