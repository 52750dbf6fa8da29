#pragma once

#include <cstdint>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "core/ids.hpp"
#include "directory/records.hpp"

namespace pbx::directory {

/// The account tree: who is suspended because something above is. One writer, any number of
/// readers of find() and path().
class Accounts {
 public:
  struct Account {
    std::vector<std::uint64_t> path;  ///< From the platform down, itself last.
    bool suspended = false;           ///< By its own flag.
    std::uint64_t revision = 0;
    std::uint32_t epoch = 0;
    std::uint32_t max_calls = 0;  ///< See Tenant.
    std::uint32_t max_user_calls = 0;
  };
  using Flipped = std::unordered_set<std::uint64_t>;  ///< Accounts whose state as a whole changed.

  const Account* get(std::uint64_t id) const;
  Flipped put(std::uint64_t id, Account account);
  /// Whoever still refers to a deleted account is suspended.
  Flipped remove(std::uint64_t id);

  /// Makes a place for an account that has not been seen yet; lives as long as this object.
  Tenant& tenant(TenantId id);
  const Tenant* find(TenantId id) const;
  /// "1.4.9", itself last; empty: there is no such account (any more).
  std::string path(TenantId id) const;
  std::size_t size() const { return accounts_.size(); }

 private:
  bool suspended(const Account& account) const;
  void settle(std::uint64_t id, bool suspended, Flipped& flipped);
  void settle_below(std::uint64_t id, Flipped& flipped);

  std::unordered_map<std::uint64_t, Account> accounts_;
  mutable std::shared_mutex mutex_;  ///< Guards the shape of tenants_ and accounts_.
  std::unordered_map<std::uint64_t, std::unique_ptr<Tenant>> tenants_;
};

}  // namespace pbx::directory
