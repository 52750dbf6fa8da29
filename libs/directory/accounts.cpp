#include "directory/accounts.hpp"

#include <algorithm>
#include <mutex>

namespace pbx::directory {

const Accounts::Account* Accounts::get(std::uint64_t id) const {
  const auto found = accounts_.find(id);
  return found == accounts_.end() ? nullptr : &found->second;
}

Accounts::Flipped Accounts::put(std::uint64_t id, Account account) {
  std::unique_lock lock{mutex_};
  const auto [place, fresh] = accounts_.try_emplace(id);
  const bool weighs_on_others =
      fresh ? account.suspended
            : account.suspended != place->second.suspended || account.path != place->second.path;
  place->second = std::move(account);
  lock.unlock();

  auto& tenant = this->tenant(TenantId{id});
  tenant.max_calls_ = place->second.max_calls;
  tenant.max_user_calls_ = place->second.max_user_calls;
  Flipped flipped;
  if (weighs_on_others) settle_below(id, flipped);
  settle(id, suspended(place->second), flipped);
  return flipped;
}

Accounts::Flipped Accounts::remove(std::uint64_t id) {
  Flipped flipped;
  const auto found = accounts_.find(id);
  if (found == accounts_.end()) return flipped;
  const bool was_suspended = found->second.suspended;
  {
    const std::unique_lock lock{mutex_};
    accounts_.erase(found);
  }
  settle(id, true, flipped);
  if (was_suspended) settle_below(id, flipped);
  return flipped;
}

Tenant& Accounts::tenant(TenantId id) {
  std::unique_lock lock{mutex_};
  auto& place = tenants_[id.value];
  if (!place) place = std::make_unique<Tenant>(id);
  return *place;
}

const Tenant* Accounts::find(TenantId id) const {
  std::shared_lock lock{mutex_};
  const auto found = tenants_.find(id.value);
  return found == tenants_.end() ? nullptr : found->second.get();
}

std::string Accounts::path(TenantId id) const {
  std::shared_lock lock{mutex_};
  const auto found = accounts_.find(id.value);
  std::string text;
  if (found == accounts_.end()) return text;
  for (const auto step : found->second.path) {
    text.append(text.empty() ? "" : ".").append(std::to_string(step));
  }
  return text;
}

bool Accounts::suspended(const Account& account) const {
  return account.suspended || std::any_of(account.path.begin(), account.path.end(), [&](auto id) {
           const auto* above = get(id);
           return above != nullptr && above->suspended;
         });
}

void Accounts::settle(std::uint64_t id, bool suspended, Flipped& flipped) {
  auto& tenant = this->tenant(TenantId{id});
  if (tenant.suspended_.exchange(suspended, std::memory_order_acq_rel) != suspended) {
    flipped.insert(id);
  }
}

void Accounts::settle_below(std::uint64_t id, Flipped& flipped) {
  for (const auto& [below, account] : accounts_) {
    if (std::find(account.path.begin(), account.path.end(), id) != account.path.end()) {
      settle(below, suspended(account), flipped);
    }
  }
}

}  // namespace pbx::directory
