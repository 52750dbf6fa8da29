#include "postgres/migrations.hpp"

#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <fstream>
#include <iterator>

#include "core/bytes.hpp"
#include "postgres/session.hpp"

namespace pbx::postgres {
namespace {

constexpr std::int64_t kMigrationLock = 0x7062785f6d696772;  // "pbx_migr"

constexpr std::string_view kTable = R"(
  CREATE TABLE IF NOT EXISTS schema_migrations (
    version integer PRIMARY KEY,
    name text NOT NULL,
    sha256 text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
  ))";

std::string sha256_hex(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return to_hex({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

Migration load(const std::filesystem::path& file) {
  const auto name = file.stem().string();
  Migration migration;
  const auto [end, error] =
      std::from_chars(name.data(), name.data() + name.size(), migration.version);
  if (error != std::errc{} || end != name.data() + 4 || *end != '_') {
    throw MigrationError{file.string() + ": a migration is named NNNN_name.sql"};
  }
  std::ifstream in{file, std::ios::binary};
  migration.sql.assign(std::istreambuf_iterator<char>{in}, {});
  if (!in || migration.sql.empty()) throw MigrationError{file.string() + " cannot be read"};
  migration.name = name.substr(5);
  migration.sha256 = sha256_hex(migration.sql);
  return migration;
}

template <class Body>
auto must(Session& session, const std::string& what, Body body) {
  auto outcome = session.with(body);
  if (!outcome) throw MigrationError{what + ": " + outcome.error().message()};
  return *std::move(outcome);
}

}  // namespace

std::vector<Migration> load_migrations(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<Migration> all;
  for (const auto& entry : std::filesystem::directory_iterator{folder, error}) {
    if (entry.path().extension() == ".sql") all.push_back(load(entry.path()));
  }
  if (error) throw MigrationError{folder.string() + ": " + error.message()};
  if (all.empty()) throw MigrationError{folder.string() + " holds no migration"};
  std::sort(all.begin(), all.end(),
            [](const Migration& a, const Migration& b) { return a.version < b.version; });
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].version != static_cast<int>(i) + 1) {
      throw MigrationError{folder.string() + ": migration " + std::to_string(i + 1) +
                           " is missing or there twice"};
    }
  }
  return all;
}

Result<int> schema_version(Transaction& transaction) {
  const auto rows = transaction.exec("SELECT coalesce(max(version), 0) FROM schema_migrations");
  return static_cast<int>(rows.front()[0].i64());
}

std::vector<Migration> missing_migrations(Session& session, const std::vector<Migration>& all) {
  using Applied = std::vector<std::pair<int, std::string>>;
  const auto applied =
      must(session, "reading schema_migrations", [](Transaction& transaction) -> Result<Applied> {
        transaction.exec(kTable);
        Applied out;
        for (const auto row :
             transaction.exec("SELECT version, sha256 FROM schema_migrations ORDER BY 1")) {
          out.emplace_back(static_cast<int>(row[0].i64()), row[1].str());
        }
        return out;
      });
  for (std::size_t i = 0; i < applied.size(); ++i) {
    if (i >= all.size()) {
      throw MigrationError{"the database has migration " + std::to_string(applied[i].first) +
                           ", which this version does not know: it is newer"};
    }
    if (applied[i] != std::pair{all[i].version, all[i].sha256}) {
      throw MigrationError{"migration " + std::to_string(all[i].version) + "_" + all[i].name +
                           " was changed after it was applied"};
    }
  }
  return {all.begin() + static_cast<std::ptrdiff_t>(applied.size()), all.end()};
}

std::vector<Migration> migrate(Session& session, const std::vector<Migration>& all) {
  must(session, "waiting for another migration", [](Transaction& transaction) -> Result<bool> {
    transaction.exec("SET LOCAL statement_timeout = '10min'");
    transaction.exec("SELECT pg_advisory_lock($1)", {kMigrationLock});
    return true;
  });
  const auto missing = missing_migrations(session, all);
  for (const auto& migration : missing) {
    const auto what = "migration " + std::to_string(migration.version) + "_" + migration.name;
    must(session, what, [&](Transaction& transaction) -> Result<bool> {
      transaction.exec("SET LOCAL statement_timeout = 0");
      transaction.exec(migration.sql);
      transaction.exec("INSERT INTO schema_migrations (version, name, sha256) VALUES ($1, $2, $3)",
                       {migration.version, migration.name, migration.sha256});
      return true;
    });
  }
  must(session, "releasing the lock", [](Transaction& transaction) -> Result<bool> {
    transaction.exec("SELECT pg_advisory_unlock($1)", {kMigrationLock});
    return true;
  });
  return missing;
}

}  // namespace pbx::postgres
