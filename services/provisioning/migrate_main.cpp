// pbx-migrate: brings the management database's schema and the services' roles up to date.
#include <CLI/CLI.hpp>
#include <cstdlib>
#include <fstream>
#include <iostream>

#include "postgres/migrations.hpp"
#include "postgres/session.hpp"
#include "provisioning/adapters/roles.hpp"
#include "telemetry/log.hpp"

namespace pbx::provisioning {
namespace {

/// PBX_<NAME>, or the content of the file that PBX_<NAME>_FILE names.
Secret secret(const std::string& name) {
  if (const char* value = std::getenv(name.c_str())) return Secret{value};
  const char* file = std::getenv((name + "_FILE").c_str());
  if (file == nullptr) return {};
  std::ifstream in{file};
  std::string line;
  if (!std::getline(in, line))
    throw postgres::MigrationError{std::string{file} + " cannot be read"};
  return Secret{line};
}

int migrate(const postgres::Options& options, const std::string& folder, bool check) {
  const auto all = postgres::load_migrations(folder);
  postgres::Session session{options};
  if (const auto connected = session.connect(); !connected) {
    throw postgres::MigrationError{options.host + ":" + std::to_string(options.port) +
                                   " cannot be reached as " + options.user};
  }
  if (check) {
    const auto missing = postgres::missing_migrations(session, all);
    for (const auto& it : missing) std::cout << "missing " << it.version << "_" << it.name << "\n";
    return missing.empty() ? 0 : 1;
  }
  for (const auto& [role, name] :
       {std::pair{"pbx_provisioning", "PBX_POSTGRES_PROVISIONING_PASSWORD"},
        std::pair{"pbx_billing", "PBX_POSTGRES_BILLING_PASSWORD"}}) {
    const auto password = secret(name);
    if (password.empty()) throw postgres::MigrationError{std::string{name} + " is not set"};
    ensure_service_role(session, role, password);
  }
  const auto applied = postgres::migrate(session, all);
  for (const auto& it : applied) std::cout << "applied " << it.version << "_" << it.name << "\n";
  std::cout << "schema " << all.back().version << " is in place\n";
  return 0;
}

}  // namespace
}  // namespace pbx::provisioning

int main(int argc, char** argv) {
  CLI::App app{
      "Applies the migrations of deploy/postgres and makes the services' roles. Running it "
      "again is harmless.\n\nSecrets (or NAME_FILE): PBX_POSTGRES_OWNER_PASSWORD, "
      "PBX_POSTGRES_PROVISIONING_PASSWORD, PBX_POSTGRES_BILLING_PASSWORD."};
  app.option_defaults()->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  pbx::postgres::Options options;
  std::string folder = "deploy/postgres/migrations";
  bool check = false;
  options.host = "127.0.0.1";
  options.database = "clusterpbx";
  options.user = "postgres";
  options.application = "pbx-migrate";
  app.add_option("--host", options.host, "Host, or folder with a UNIX socket")
      ->envname("PBX_POSTGRES_OWNER_HOST")
      ->capture_default_str();
  app.add_option("--port", options.port)->envname("PBX_POSTGRES_OWNER_PORT")->capture_default_str();
  app.add_option("--database", options.database)
      ->envname("PBX_POSTGRES_OWNER_DATABASE")
      ->capture_default_str();
  app.add_option("--user", options.user, "Owner of the schema; needs CREATEROLE")
      ->envname("PBX_POSTGRES_OWNER_USER")
      ->capture_default_str();
  app.add_option("--migrations", folder, "Folder with NNNN_name.sql files")->capture_default_str();
  app.add_flag("--check", check, "Change nothing; exit 1 when a migration is missing");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  try {
    pbx::log::set_identity("migrate", "");
    options.password = pbx::provisioning::secret("PBX_POSTGRES_OWNER_PASSWORD");
    return pbx::provisioning::migrate(options, folder, check);
  } catch (const std::exception& failed) {
    pbx::log::flush();
    std::cerr << "pbx-migrate: " << failed.what() << "\n";
    return 1;
  }
}
