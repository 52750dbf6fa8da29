// Leases of cluster::Dialogs: who looks after a record, and who takes it over.
#include <array>
#include <memory>
#include <utility>

#include "cluster/collected.hpp"
#include "cluster/dialogs.hpp"
#include "cluster/lease_member.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;

constexpr std::size_t kMembersACommand = 512;

using Gone = Collected<calls::Key>;

/// Of `keys`, those without a member in their shard any more.
void collect_gone(redis::Client& redis, char state, std::vector<calls::Key> keys,
                  std::shared_ptr<Gone> gone) {
  Command scores{"ZMSCORE", lease_key(keys.front())};
  for (const auto& key : keys) scores.add(lease_member(state, key));
  redis.send(std::move(scores), [keys = std::move(keys), gone](Result<Reply> reply) mutable {
    for (std::size_t i = 0; reply && i < keys.size() && i < reply->size(); ++i) {
      if ((*reply)[i].is_nil()) gone->items.push_back(std::move(keys[i]));
    }
    if (!reply) gone->error = reply.error();
    gone->finish_one();
  });
}

}  // namespace

void Dialogs::renew(char state, std::span<const calls::Key> keys, Duration lease,
                    Done<std::vector<calls::Key>> done) {
  std::array<std::vector<calls::Key>, redis_keys::kDialogShards> shards;
  auto gone = std::make_shared<Gone>();
  gone->part_will_do = true;
  gone->done = std::move(done);
  const auto until = now_ms() + lease.count();
  const auto send = [&](std::vector<calls::Key> batch) {
    Command renewal{80 * batch.size(), {"ZADD", lease_key(batch.front()), "XX", "CH"}};
    for (const auto& key : batch) renewal.add(until).add(lease_member(state, key));
    ++gone->missing;
    redis_.send(std::move(renewal), [this, state, gone,
                                     batch = std::move(batch)](Result<Reply> reply) mutable {
      if (!reply) gone->error = reply.error();
      // All changed: none is gone. Only then is the second question worth its price.
      const bool all = reply && reply->integer() == static_cast<std::int64_t>(batch.size());
      if (!reply || all || !gone->done) return gone->finish_one();
      collect_gone(redis_, state, std::move(batch), gone);
    });
  };
  for (const auto& key : keys) {
    auto& shard = shards[redis_keys::dialog_shard(key.sip_call_id)];
    shard.push_back(key);
    if (shard.size() == kMembersACommand) send(std::exchange(shard, {}));
  }
  for (auto& shard : shards) {
    if (!shard.empty()) send(std::move(shard));
  }
  gone->finish_one();
}

void Dialogs::renew(std::span<const calls::Key> keys, Duration lease,
                    Done<std::vector<calls::Key>> gone) {
  renew(kLive, keys, lease, std::move(gone));
}

void Dialogs::renew_ended(std::span<const calls::Key> keys, Duration lease) {
  renew(kEnded, keys, lease, {});
}

void Dialogs::unfinished(Duration lease, std::size_t limit, Done<std::vector<Lapsed>> done) {
  auto found = std::make_shared<Collected<Lapsed>>();
  found->part_will_do = true;
  found->done = std::move(done);
  const auto now = now_ms();
  const auto share = (limit + redis_keys::kDialogShards - 1) / redis_keys::kDialogShards;
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    Command claim{"FCALL", claim_name_, "1", redis_keys::leases(shard)};
    claim.add(now).add(now + lease.count()).add(static_cast<std::int64_t>(share));
    ++found->missing;
    redis_.send(std::move(claim), [this, found](Result<Reply> reply) {
      if (!reply) found->error = functions_.reload_if_missing(redis_, reply.error());
      for (std::size_t i = 0; reply && i < reply->size(); ++i) {
        if (auto lapsed = parse_lease_member((*reply)[i].text())) {
          found->items.push_back(std::move(*lapsed));
        }
      }
      found->finish_one();
    });
  }
  found->finish_one();
}

}  // namespace pbx::cluster
