#include "registrar/adapters/redis_location_store.hpp"

#include <charconv>
#include <memory>
#include <string>
#include <utility>

#include "core/errc.hpp"
#include "model/redis_keys.hpp"

namespace pbx::registrar {
namespace {

cluster::Update to_cluster(const Update& update) {
  cluster::Update wanted;
  wanted.tenant = update.tenant;
  wanted.aor = update.aor;
  wanted.changes.reserve(update.changes.size());
  for (const auto& change : update.changes) {
    wanted.changes.push_back({change.binding, change.remove});
  }
  wanted.remove_all = update.remove_all;
  wanted.call_id = update.call_id;
  wanted.cseq = update.cseq;
  wanted.max_bindings = update.max_bindings;
  wanted.now = update.now;
  wanted.nonce = update.nonce;
  return wanted;
}

Verdict from_cluster(cluster::Verdict verdict) {
  switch (verdict) {
    case cluster::Verdict::Stored:
      return Verdict::Stored;
    case cluster::Verdict::Stale:
      return Verdict::Stale;
    case cluster::Verdict::Replayed:
      return Verdict::Replayed;
    case cluster::Verdict::Again:
      return Verdict::Again;
    case cluster::Verdict::TooMany:
      break;
  }
  return Verdict::TooMany;
}

Change from_cluster(cluster::Change change) {
  switch (change) {
    case cluster::Change::None:
      return Change::None;
    case cluster::Change::Refreshed:
      return Change::Refreshed;
    case cluster::Change::Affirmed:
      return Change::Affirmed;
    case cluster::Change::Moved:
      return Change::Moved;
    case cluster::Change::Added:
      return Change::Added;
    case cluster::Change::Removed:
      break;
  }
  return Change::Removed;
}

}  // namespace

void RedisLocationStore::load(TenantId tenant, std::string_view aor,
                              MoveFunction<void(Result<Bindings>)> done) {
  locations_.load(tenant, aor, std::move(done));
}

void RedisLocationStore::apply(const Update& update, MoveFunction<void(Result<Outcome>)> done) {
  locations_.apply(to_cluster(update),
                   [done = std::move(done)](Result<cluster::Outcome> stored) mutable {
                     if (!stored) return done(stored.error());
                     done(Outcome{from_cluster(stored->verdict), from_cluster(stored->change),
                                  stored->removed, stored->expired, std::move(stored->bindings)});
                   });
}

/// SCAN goes over all keys of the database, so a page takes several steps where other tenants have
/// many: for operators, not for the hot path.
struct RedisLocationStore::Scan {
  std::string prefix;  ///< "loc:{7:"
  std::uint64_t cursor = 0;
  std::size_t count = 0;
  AorPage page;
  MoveFunction<void(Result<AorPage>)> done;
};

void RedisLocationStore::list(TenantId tenant, std::uint64_t from, std::size_t count,
                              MoveFunction<void(Result<AorPage>)> done) {
  auto wanted = std::make_shared<Scan>();
  wanted->prefix = redis_keys::location(tenant, {});
  wanted->prefix.pop_back();  // the closing brace
  wanted->cursor = from;
  wanted->count = count;
  wanted->done = std::move(done);
  scan(std::move(wanted));
}

void RedisLocationStore::scan(std::shared_ptr<Scan> scan_state) {
  const auto cursor = std::to_string(scan_state->cursor);
  const auto pattern = scan_state->prefix + "*";  // digits and fixed text: nothing to escape
  redis_.send({"SCAN", cursor, "MATCH", pattern, "COUNT", "1000"},
              [this, scan_state](Result<redis::Reply> reply) {
                auto& state = *scan_state;
                if (!reply) return state.done(reply.error());
                const auto next = (*reply)[0].text();
                const auto keys = (*reply)[1];
                const auto* const end = next.data() + next.size();
                if (std::from_chars(next.data(), end, state.cursor).ptr != end) {
                  return state.done(Errc::BadData);
                }
                for (std::size_t i = 0; i < keys.size(); ++i) {
                  auto aor = keys[i].text().substr(state.prefix.size());
                  if (aor.ends_with('}')) aor.remove_suffix(1);
                  state.page.aors.emplace_back(aor);
                }
                state.page.next = state.cursor;
                const bool full = state.page.aors.size() >= state.count;
                if (state.cursor == 0 || full) return state.done(std::move(state.page));
                scan(scan_state);
              });
}

}  // namespace pbx::registrar
