#include "directory/scope.hpp"

#include "core/errc.hpp"
#include "directory/directory.hpp"
#include "model/account_path.hpp"

namespace pbx::directory {

Result<> covers(const Directory& directory, std::string_view scope, TenantId tenant) {
  if (scope.empty() || scope == kPlatformPath) return {};
  if (!is_account_path(scope)) return Errc::InvalidArgument;
  if (!lies_within(directory.path(tenant), scope)) return Errc::NotFound;
  return {};
}

}  // namespace pbx::directory
