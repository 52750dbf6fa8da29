#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "registrar/domain/location_store.hpp"

namespace pbx::registrar {

/// Bindings in a map, with the rules of the server-side function in libs/cluster. Answers within
/// the call.
class MemoryLocationStore final : public LocationStore {
 public:
  explicit MemoryLocationStore(const Clock& clock) : clock_{clock} {}

  /// From now on every call fails with `error`; no error: they work again.
  void fail_with(std::error_code error) { error_ = error; }
  int calls() const { return calls_; }

  void load(TenantId tenant, std::string_view aor,
            MoveFunction<void(Result<Bindings>)> done) override {
    ++calls_;
    if (error_) return done(error_);
    const auto found = aors_.find({tenant, std::string{aor}});
    done(found == aors_.end() ? Bindings{} : live(found->second, clock_.now()));
  }

  void apply(const Update& update, MoveFunction<void(Result<Outcome>)> done) override {
    ++calls_;
    if (error_) return done(error_);
    done(applied(update));
  }

  void list(TenantId tenant, std::uint64_t from, std::size_t count,
            MoveFunction<void(Result<AorPage>)> done) override {
    ++calls_;
    if (error_) return done(error_);
    AorPage page;
    std::uint64_t position = 0;
    for (const auto& [key, bindings] : aors_) {
      if (key.first != tenant || position++ < from) continue;
      if (page.aors.size() == count) {
        page.next = from + count;
        break;
      }
      page.aors.push_back(key.second);
    }
    done(std::move(page));
  }

 private:
  using ById = std::map<std::string, state::v1::Binding>;

  static Bindings live(const ById& all, Clock::Wall now) {
    Bindings bindings;
    for (const auto& [id, binding] : all) {
      if (binding.expires_at_ms() > now.time_since_epoch().count()) bindings.push_back(binding);
    }
    std::stable_sort(bindings.begin(), bindings.end(), [](const auto& a, const auto& b) {
      if (a.q_milli() != b.q_milli()) return a.q_milli() > b.q_milli();
      return a.registered_at_ms() > b.registered_at_ms();
    });
    return bindings;
  }

  /// What others must be told of: all but times, Call-ID, CSeq and the password used.
  static bool same_to_others(state::v1::Binding a, state::v1::Binding b) {
    for (auto* binding : {&a, &b}) {
      binding->clear_expires_at_ms();
      binding->clear_registered_at_ms();
      binding->clear_call_id();
      binding->clear_cseq();
      binding->clear_duration_s();
      binding->clear_credential();
      binding->clear_credential_key();
    }
    return a.SerializeAsString() == b.SerializeAsString();
  }

  static Change compared(const state::v1::Binding& old, const state::v1::Binding& renewed) {
    constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
    if (!same_to_others(old, renewed)) return Change::Moved;
    const bool another_day = old.expires_at_ms() / kDayMs < renewed.expires_at_ms() / kDayMs;
    return another_day ? Change::Affirmed : Change::Refreshed;
  }

  Outcome applied(const Update& update) {
    const std::pair key{update.tenant, update.aor};
    if (!update.nonce.count.empty()) {
      const auto [used, first] = uses_.try_emplace(update.nonce.count, update.nonce.by);
      if (!first && used->second != update.nonce.by)
        return Outcome{Verdict::Replayed, Change::None, 0, 0, {}};
      if (!first) return Outcome{Verdict::Again, Change::None, 0, 0, live(aors_[key], update.now)};
    }
    if (update.changes.empty() && !update.remove_all) {
      const auto found = aors_.find(key);
      Outcome read;
      if (found != aors_.end()) read.bindings = live(found->second, update.now);
      return read;
    }
    auto all = aors_[key];
    Outcome outcome;
    const auto now_ms = update.now.time_since_epoch().count();
    outcome.expired = static_cast<std::uint32_t>(std::erase_if(
        all, [&](const auto& entry) { return entry.second.expires_at_ms() <= now_ms; }));
    const auto stale = [&](const state::v1::Binding& binding) {
      return !update.call_id.empty() && binding.call_id() == update.call_id &&
             update.cseq <= binding.cseq();
    };
    const auto refused = [&](Verdict verdict) {
      return Outcome{verdict, Change::None, 0, 0, live(aors_[key], update.now)};
    };
    if (update.remove_all) {
      for (const auto& [id, binding] : all) {
        if (stale(binding)) return refused(Verdict::Stale);
      }
      outcome.removed = static_cast<std::uint32_t>(all.size());
      if (!all.empty()) outcome.change = Change::Removed;
      aors_.erase(key);
      return outcome;
    }
    bool added = false;
    for (const auto& change : update.changes) {
      const auto old = all.find(change.binding.id());
      if (old != all.end() && stale(old->second)) return refused(Verdict::Stale);
    }
    for (const auto& change : update.changes) {
      const auto& id = change.binding.id();
      const auto old = all.find(id);
      auto happened = Change::None;
      if (change.remove) {
        if (old != all.end()) {
          all.erase(old);
          ++outcome.removed;
          happened = Change::Removed;
        }
      } else {
        happened = Change::Added;
        if (old != all.end()) {
          happened = compared(old->second, change.binding);
        }
        added = added || old == all.end();
        all[id] = change.binding;
      }
      outcome.change = std::max(outcome.change, happened);
    }
    if (added && all.size() > update.max_bindings) return refused(Verdict::TooMany);
    outcome.bindings = live(all, update.now);
    if (all.empty()) {
      aors_.erase(key);
    } else {
      aors_[key] = std::move(all);
    }
    return outcome;
  }

  const Clock& clock_;
  std::map<std::pair<TenantId, std::string>, ById> aors_;
  std::map<std::string, std::string> uses_;  ///< Of nonce counts: by whom.
  std::error_code error_;
  int calls_ = 0;
};

}  // namespace pbx::registrar
