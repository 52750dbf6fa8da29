#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "cluster/dialogs.hpp"

namespace pbx::proxy {

/// Pages of the calls of a tenant, or of all tenants. A page begins where the one before ended
/// (ListToken), so calls that begin or end meanwhile are neither shown twice nor hide others.
class CallList {
 public:
  template <class T>
  using Done = MoveFunction<void(Result<T>)>;

  /// Perhaps of fewer calls than asked for, because those that vanished are left out; the end is
  /// where no token is.
  struct Page {
    std::vector<state::v1::DialogRecord> calls;
    std::string next_token;
  };

  CallList(redis::Client& redis, cluster::Dialogs& dialogs) : redis_{redis}, dialogs_{dialogs} {}

  /// Whether who asks may see a tenant's calls.
  using Sees = std::function<bool(TenantId)>;

  /// Newest first; `tenant` 0: all that are seen, tenant by tenant, in the order of their ids.
  /// InvalidArgument: a token that is not of this list. NotFound: that tenant is not seen.
  void page(TenantId tenant, const Sees& sees, std::size_t size, const std::string& token,
            Done<Page> done);

 private:
  struct Gather;

  void scan_tenants(std::shared_ptr<Gather> gather, const std::string& cursor);
  void next_tenant(std::shared_ptr<Gather> gather);

  redis::Client& redis_;
  cluster::Dialogs& dialogs_;
};

}  // namespace pbx::proxy
