#include "cluster/locations.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cluster/binding_codec.hpp"
#include "cluster/lua.hpp"
#include "core/errc.hpp"
#include "model/redis_keys.hpp"
#include "redis/errc.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::cluster {
namespace {

using state::v1::Binding;

log::RateLimited bad_binding_line{log::Level::Error, "stored binding does not parse"};

void order(std::vector<Binding>& bindings) {
  std::sort(bindings.begin(), bindings.end(), [](const Binding& a, const Binding& b) {
    if (a.q_milli() != b.q_milli()) return a.q_milli() > b.q_milli();
    if (a.registered_at_ms() != b.registered_at_ms()) {
      return a.registered_at_ms() > b.registered_at_ms();
    }
    return a.contact() < b.contact();
  });
}

/// One bad value must not make the user's other phones unreachable.
void add_decoded(std::vector<Binding>& bindings, std::string_view id, std::string_view value) {
  auto binding = decode_binding(id, value);
  if (binding) {
    bindings.push_back(std::move(*binding));
  } else {
    bad_binding_line({{"bytes", value.size()}});
  }
}

std::vector<Binding> live_bindings(const redis::Reply& hash, std::int64_t now_ms) {
  std::vector<Binding> bindings;
  bindings.reserve(hash.size() / 2);
  for (std::size_t i = 1; i < hash.size(); i += 2) {
    const auto value = hash[i].text();
    const auto header = parse_binding_header(value);
    if (header && header->expires_at_ms <= now_ms) continue;
    add_decoded(bindings, hash[i - 1].text(), value);
  }
  order(bindings);
  return bindings;
}

Result<Outcome> read_outcome(const redis::Reply& reply, bool remove_all) {
  if (reply.size() < 4) return pbx::Errc::BadData;
  Outcome outcome;
  outcome.verdict = static_cast<Verdict>(reply[0].integer());
  for (const char code : reply[1].text()) {
    outcome.changes.push_back(static_cast<Change>(code - '0'));
    outcome.change = std::max(outcome.change, outcome.changes.back());
  }
  outcome.removed = static_cast<std::uint32_t>(reply[2].integer());
  outcome.expired = static_cast<std::uint32_t>(reply[3].integer());
  if (remove_all && outcome.removed != 0) outcome.change = Change::Removed;
  outcome.bindings.reserve((reply.size() - 4) / 2);
  for (std::size_t i = 5; i < reply.size(); i += 2) {
    add_decoded(outcome.bindings, reply[i - 1].text(), reply[i].text());
  }
  order(outcome.bindings);
  return outcome;
}

}  // namespace

Locations::Locations(redis::Client& redis, const Clock& clock)
    : redis_{redis},
      clock_{clock},
      functions_{"pbx_locations", kLocationsLua},
      apply_name_{functions_.function("pbx_loc_apply")},
      restore_name_{functions_.function("pbx_loc_restore")} {}

void Locations::load(TenantId tenant, std::string_view aor, Loaded done) {
  redis_.send(redis::Command{"HGETALL", redis_keys::location(tenant, aor)},
              [this, done = std::move(done)](Result<redis::Reply> reply) mutable {
                if (!reply) return done(reply.error());
                done(live_bindings(*reply, clock_.now().time_since_epoch().count()));
              });
}

void Locations::apply(Update update, Applied done) {
  const auto key = redis_keys::location(update.tenant, update.aor);
  const auto used = redis_keys::nonce_use(update.tenant, update.aor, update.nonce.count);
  redis::Command command{600 * (update.changes.size() + 1), {"FCALL", apply_name_, "2", key, used}};
  command.add(update.nonce.by).add(update.nonce.lifetime.count());
  command.add(update.now.time_since_epoch().count()).add(update.max_bindings);
  command.add(update.remove_all ? "1" : "0").add(update.call_id).add(update.cseq);
  for (auto& change : update.changes) {
    command.add(change.binding.id());
    command.add(change.remove
                    ? std::string{}
                    : encode_binding(std::move(change.binding), update.call_id, update.cseq));
  }
  redis_.send(std::move(command), [this, remove_all = update.remove_all,
                                   done = std::move(done)](Result<redis::Reply> reply) mutable {
    if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
    done(read_outcome(*reply, remove_all));
  });
}

void Locations::restore(TenantId tenant, std::string_view aor,
                        const std::vector<BindingChange>& bindings,
                        MoveFunction<void(Result<Restored>)> done) {
  const auto key = redis_keys::location(tenant, aor);
  redis::Command command{600 * (bindings.size() + 1), {"FCALL", restore_name_, "1", key}};
  command.add(clock_.now().time_since_epoch().count());
  for (const auto& change : bindings) {
    const auto& binding = change.binding;
    command.add(binding.id()).add(encode_binding(binding, binding.call_id(), binding.cseq()));
  }
  redis_.send(std::move(command),
              [this, done = std::move(done)](Result<redis::Reply> reply) mutable {
                if (!reply) return done(functions_.reload_if_missing(redis_, reply.error()));
                done(Restored{static_cast<std::uint32_t>((*reply)[0].integer()),
                              static_cast<std::uint32_t>((*reply)[1].integer())});
              });
}

}  // namespace pbx::cluster
