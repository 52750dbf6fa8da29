#pragma once

#include <filesystem>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/result.hpp"
#include "postgres/options.hpp"
#include "postgres/transaction.hpp"

namespace pbx::postgres {

class Session;

/// One file `NNNN_name.sql`, numbered from 1 without gaps, never changed once released.
struct Migration {
  int version = 0;
  std::string name;
  std::string sql;
  std::string sha256;  ///< Of the file, in hex.
};

/// Says in a sentence what is wrong with the folder or the database.
class MigrationError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// In order. Throws MigrationError: unreadable, a gap, a name of another form.
std::vector<Migration> load_migrations(const std::filesystem::path& folder);

/// The number that is applied last, 0 for none.
Result<int> schema_version(Transaction& transaction);

/// Those of `all` that `session`'s database lacks, after comparing the checksums of those it has.
/// Throws MigrationError.
std::vector<Migration> missing_migrations(Session& session, const std::vector<Migration>& all);

/// Applies what is missing, each in one transaction, alone: whoever comes second waits. Gives what
/// was applied. Throws MigrationError; what was applied before it stays.
std::vector<Migration> migrate(Session& session, const std::vector<Migration>& all);

}  // namespace pbx::postgres
