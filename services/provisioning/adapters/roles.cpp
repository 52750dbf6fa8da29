#include "provisioning/adapters/roles.hpp"

#include "postgres/migrations.hpp"
#include "postgres/scram.hpp"

namespace pbx::provisioning {

void ensure_service_role(postgres::Session& session, const std::string& role,
                         const Secret& password) {
  const auto made = session.with([&](postgres::Transaction& transaction) -> Result<> {
    // Utility statements take no parameters: the server quotes.
    const auto there = transaction.exec("SELECT 1 FROM pg_roles WHERE rolname = $1", {role});
    if (there.empty()) {
      const auto create = transaction.exec("SELECT format('CREATE ROLE %I', $1::text)", {role});
      transaction.exec(create.front()[0].text());
    }
    const auto alter = transaction.exec(
        "SELECT format('ALTER ROLE %I LOGIN INHERIT PASSWORD %L', $1::text, $2::text)",
        {role, postgres::scram_verifier(password.reveal())});
    transaction.exec(alter.front()[0].text());
    return {};
  });
  if (!made) throw postgres::MigrationError{"role " + role + ": " + made.error().message()};
}

}  // namespace pbx::provisioning
