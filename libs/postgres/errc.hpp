#pragma once

#include <string_view>

#include "core/errc.hpp"

namespace pbx::postgres {

/// What an SQLSTATE means to a caller: AlreadyExists for a unique violation, Conflict for a foreign
/// key, a deadlock or a serialisation failure, PermissionDenied also for a row-level policy …
Errc from_sqlstate(std::string_view sqlstate);

/// Nothing is wrong with the statement: doing the whole transaction again may succeed.
bool worth_repeating(std::string_view sqlstate);

}  // namespace pbx::postgres
