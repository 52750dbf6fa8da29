#include "registrar/adapters/redis_restore_store.hpp"

#include <memory>
#include <utility>
#include <vector>

#include "core/random.hpp"
#include "model/redis_keys.hpp"

namespace pbx::registrar {
namespace {

using redis::Command;
using redis::Reply;

constexpr const char* kWhole = "whole";
constexpr const char* kProvisional = "restoring";
constexpr const char* kLeaseMs = "10000";
constexpr const char* kProvisionalMs = "30000";

}  // namespace

struct RedisRestoreStore::Votes {
  std::uint32_t open = redis_keys::kDialogShards;
  bool all = true;
  std::error_code error;
  MoveFunction<bool(const Reply&)> good;
  Done<bool> done;

  void add(const Result<Reply>& reply) {
    if (!reply) {
      error = reply.error();
    } else if (!good(*reply)) {
      all = false;
    }
    if (--open != 0) return;
    if (error) return done(error);
    done(all);
  }
};

RedisRestoreStore::RedisRestoreStore(redis::Client& redis, const Clock& clock, std::string node)
    : redis_{redis},
      locations_{redis, clock},
      node_{node + "/" + std::to_string(random_u64())},
      lease_{redis_keys::bindings_restorer()} {}

void RedisRestoreStore::each_mark(MoveFunction<Command(std::string_view)> make,
                                  MoveFunction<bool(const Reply&)> good, Done<bool> done) {
  auto votes = std::make_shared<Votes>();
  votes->good = std::move(good);
  votes->done = std::move(done);
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    redis_.send(make(redis_keys::bindings_whole(shard)),
                [votes](const Result<Reply>& reply) { votes->add(reply); });
  }
}

void RedisRestoreStore::whole(Done<bool> done) {
  each_mark(
      [](std::string_view key) {
        return Command{"GET", key};
      },
      [](const Reply& reply) { return reply.text() == kWhole; }, std::move(done));
}

void RedisRestoreStore::claim(Done<bool> done) {
  redis_.send(Command{"SET", lease_, node_, "NX", "PX", kLeaseMs},
              [done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                done(!reply->is_nil());
              });
}

void RedisRestoreStore::begin(Done<> done) {
  each_mark(
      [](std::string_view key) {
        return Command{"SET", key, kProvisional, "NX", "PX", kProvisionalMs};
      },
      [](const Reply&) { return true; },
      [done = std::move(done)](Result<bool> set) mutable {
        done(set ? Result<>{} : Result<>{set.error()});
      });
}

void RedisRestoreStore::keep(Done<bool> done) {
  each_mark(
      [](std::string_view key) {
        return Command{"PEXPIRE", key, kProvisionalMs, "XX"};
      },
      [](const Reply&) { return true; }, [](Result<bool>) {});
  redis_.send(Command{"SET", lease_, node_, "XX", "GET", "PX", kLeaseMs},
              [this, done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                done(reply->text() == node_);
              });
}

void RedisRestoreStore::restore(const KnownAor& known, Done<RestoredAor> done) {
  std::vector<cluster::BindingChange> bindings;
  bindings.reserve(known.bindings.size());
  for (const auto& binding : known.bindings) bindings.push_back({binding, false});
  locations_.restore(known.tenant, known.aor, bindings,
                     [done = std::move(done)](Result<cluster::Restored> restored) mutable {
                       if (!restored) return done(restored.error());
                       done(RestoredAor{restored->added, restored->before});
                     });
}

void RedisRestoreStore::seal(Done<bool> done) {
  each_mark(
      [](std::string_view key) {
        return Command{"SET", key, kWhole, "XX"};
      },
      [](const Reply& reply) { return !reply.is_nil(); }, std::move(done));
}

void RedisRestoreStore::release() {
  // Ours, or lapsed and perhaps another's by now: then two restore, which harms nothing.
  redis_.send(Command{"DEL", lease_}, {});
}

}  // namespace pbx::registrar
