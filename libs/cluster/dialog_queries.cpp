// Reading side of cluster::Dialogs.
#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <memory>
#include <numeric>
#include <optional>
#include <utility>

#include "cluster/collected.hpp"
#include "cluster/dialog_codec.hpp"
#include "cluster/dialogs.hpp"
#include "cluster/lease_member.hpp"
#include "core/errc.hpp"

namespace pbx::cluster {
namespace {

using redis::Command;
using redis::Reply;

/// A ZRANGE's members with their scores.
void add_listed(std::vector<CallPosition>& listed, const Reply& reply) {
  for (std::size_t i = 0; i + 1 < reply.size(); i += 2) {
    auto key = parse_call_member(reply[i].text());
    if (!key) continue;
    const auto score = std::atof(std::string{reply[i + 1].text()}.c_str());
    listed.push_back(
        {static_cast<std::int64_t>(score), std::move(key->call_id), std::move(key->sip_call_id)});
  }
}

/// The calls of a shard behind `after`, `limit` at least if there are so many: two commands,
/// because calls of one millisecond are in another order there.
std::vector<Command> range_behind(std::string_view key, const std::optional<CallPosition>& after,
                                  std::size_t limit) {
  const auto top = after ? std::to_string(after->started_at_ms) : "+inf";
  std::vector<Command> ranges;
  Command behind{"ZRANGE", key, after ? "(" + top : top, "-inf", "BYSCORE", "REV", "LIMIT", "0"};
  behind.add(static_cast<std::int64_t>(limit)).add("WITHSCORES");
  ranges.push_back(std::move(behind));
  if (after) ranges.push_back(Command{"ZRANGE", key, top, top, "BYSCORE", "WITHSCORES"});
  return ranges;
}

/// Cuts out a page, in order.
struct Cut {
  std::vector<calls::Key> keys;
  CallPage page;
};

Cut cut(std::vector<CallPosition> listed, const std::optional<CallPosition>& after,
        std::size_t limit) {
  if (after) std::erase_if(listed, [&](const CallPosition& one) { return !(*after < one); });
  std::sort(listed.begin(), listed.end());
  Cut result;
  result.page.more = listed.size() > limit;
  listed.resize(std::min(listed.size(), limit));
  if (!listed.empty()) result.page.last = listed.back();
  for (auto& one : listed) {
    result.keys.push_back({std::move(one.sip_call_id), std::move(one.call_id)});
  }
  return result;
}

/// What ZSCAN is to look for among the leases; empty: no call of ours is named like that.
std::string lease_pattern(std::string_view call_id) {
  const auto plain = [](unsigned char c) { return std::isalnum(c) != 0; };
  if (call_id.empty() || !std::all_of(call_id.begin(), call_id.end(), plain)) return {};
  return std::string{"?"}.append(call_id).append(" *");
}

/// A search through the leases of all shards for the legs of a call.
struct LegSearch {
  redis::Client& redis;
  std::string pattern;
  Collected<calls::Key> legs;

  static void step(std::shared_ptr<LegSearch> search, std::uint32_t shard,
                   std::string_view cursor) {
    Command scan{"ZSCAN", redis_keys::leases(shard), cursor, "MATCH", search->pattern, "COUNT",
                 "1000"};
    search->redis.send(std::move(scan), [search, shard](Result<Reply> reply) {
      if (!reply) {
        search->legs.error = reply.error();
        return search->legs.finish_one();
      }
      const auto found = (*reply)[1];
      for (std::size_t i = 0; i < found.size(); i += 2) {
        if (auto member = parse_lease_member(found[i].text())) search->add(std::move(member->key));
      }
      const auto next = (*reply)[0].text();
      if (next != "0") return step(search, shard, next);
      search->legs.finish_one();
    });
  }

  /// A scan may tell of one twice.
  void add(calls::Key key) {
    auto& keys = legs.items;
    if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(std::move(key));
  }
};

}  // namespace

void Dialogs::load_under(std::string_view sip_call_id, Done<std::vector<calls::Call>> done) {
  redis_.send(Command{"HGETALL", redis_keys::dialog(sip_call_id)},
              [done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                std::vector<calls::Call> calls;
                for (std::size_t i = 1; i < reply->size(); i += 2) {
                  if (auto call = decode_call((*reply)[i].text())) {
                    calls.push_back(*std::move(call));
                  }
                }
                done(std::move(calls));
              });
}

void Dialogs::load(const calls::Key& key, Done<calls::Call> done) {
  redis_.send(Command{"HGET", redis_keys::dialog(key.sip_call_id), key.call_id},
              [done = std::move(done)](Result<Reply> reply) mutable {
                if (!reply) return done(reply.error());
                if (reply->is_nil()) return done(pbx::Errc::NotFound);
                done(decode_call(reply->text()));
              });
}

void Dialogs::load_all(std::vector<calls::Key> keys, Done<std::vector<calls::Call>> done) {
  // A place for each key: answers may come in any order.
  auto found = std::make_shared<Collected<std::optional<calls::Call>>>();
  found->items.resize(keys.size());
  found->done = [done =
                     std::move(done)](Result<std::vector<std::optional<calls::Call>>> all) mutable {
    if (!all) return done(all.error());
    std::vector<calls::Call> dialogs;
    for (auto& dialog : *all) {
      if (dialog) dialogs.push_back(*std::move(dialog));
    }
    done(std::move(dialogs));
  };
  for (std::size_t i = 0; i < keys.size(); ++i) {
    ++found->missing;
    load(keys[i], [found, i](Result<calls::Call> dialog) {
      if (dialog) {
        found->items[i] = *std::move(dialog);
      } else if (dialog.error() != pbx::Errc::NotFound) {
        found->error = dialog.error();
      }
      found->finish_one();
    });
  }
  found->finish_one();
}

void Dialogs::load_call(std::string_view call_id, Done<std::vector<calls::Call>> done) {
  auto pattern = lease_pattern(call_id);
  if (pattern.empty()) return done(std::vector<calls::Call>{});
  const auto search =
      std::make_shared<LegSearch>(LegSearch{redis_, std::move(pattern), Collected<calls::Key>{}});
  search->legs.done = [this, done = std::move(done)](Result<std::vector<calls::Key>> legs) mutable {
    if (!legs) return done(legs.error());
    load_all(*std::move(legs), std::move(done));
  };
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    ++search->legs.missing;
    LegSearch::step(search, shard, "0");
  }
  search->legs.finish_one();
}

void Dialogs::list(TenantId tenant, std::optional<CallPosition> after, std::size_t limit,
                   Done<CallPage> done) {
  if (limit == 0) return done(CallPage{});
  auto listed = std::make_shared<Collected<CallPosition>>();
  listed->done = [this, after, limit,
                  done = std::move(done)](Result<std::vector<CallPosition>> all) mutable {
    if (!all) return done(all.error());
    auto [keys, page] = cut(*std::move(all), after, limit);
    auto live_only = [page = std::move(page),
                      done = std::move(done)](Result<std::vector<calls::Call>> dialogs) mutable {
      if (!dialogs) return done(dialogs.error());
      page.dialogs = *std::move(dialogs);
      std::erase_if(page.dialogs, [](const calls::Call& one) { return one.end.has_value(); });
      done(std::move(page));
    };
    load_all(std::move(keys), std::move(live_only));
  };
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    for (auto& range : range_behind(redis_keys::calls(shard, tenant), after, limit + 1)) {
      ++listed->missing;
      redis_.send(std::move(range), [listed](Result<Reply> reply) {
        if (!reply) listed->error = reply.error();
        if (reply) add_listed(listed->items, *reply);
        listed->finish_one();
      });
    }
  }
  listed->finish_one();
}

void Dialogs::count(TenantId tenant, UserId caller, Done<std::size_t> done) {
  auto counts = std::make_shared<Collected<std::size_t>>();
  counts->done = [done = std::move(done)](Result<std::vector<std::size_t>> all) mutable {
    if (!all) return done(all.error());
    done(std::accumulate(all->begin(), all->end(), std::size_t{0}));
  };
  for (std::uint32_t shard = 0; shard < redis_keys::kDialogShards; ++shard) {
    const auto list =
        caller ? redis_keys::calls(shard, tenant, caller) : redis_keys::calls(shard, tenant);
    ++counts->missing;
    redis_.send(Command{"ZCARD", list}, [counts](Result<Reply> reply) mutable {
      if (!reply) counts->error = reply.error();
      if (reply) counts->items.push_back(static_cast<std::size_t>(reply->integer()));
      counts->finish_one();
    });
  }
  counts->finish_one();
}

}  // namespace pbx::cluster
