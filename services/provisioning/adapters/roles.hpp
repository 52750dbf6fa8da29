#pragma once

#include <string>

#include "core/secret.hpp"
#include "postgres/session.hpp"

namespace pbx::provisioning {

/// Makes the role a service connects as, or changes its password: it may sign in and nothing else;
/// what it may see is granted by the migrations, and row-level security binds it. Needs CREATEROLE.
/// Throws postgres::MigrationError.
void ensure_service_role(postgres::Session& session, const std::string& role,
                         const Secret& password);

}  // namespace pbx::provisioning
