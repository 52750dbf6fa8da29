#pragma once

#include <string_view>

#include "core/ids.hpp"
#include "core/result.hpp"

namespace pbx::directory {

class Directory;

/// Whether a caller with this scope (an account path; empty: the whole platform) may see and change
/// what is the tenant's. NotFound: the tenant lies elsewhere, or is not there; the two look alike.
/// InvalidArgument: no account path.
Result<> covers(const Directory& directory, std::string_view scope, TenantId tenant);

}  // namespace pbx::directory
