#pragma once

#include <string>

#include "support/temp_postgres.hpp"

namespace pbx::test {

/// A management database of its own, migrated by pbx-migrate as a plain owner (no superuser), on a
/// server that all tests of the process share.
class TempBooks {
 public:
  TempBooks();
  TempBooks(const TempBooks&) = delete;
  TempBooks& operator=(const TempBooks&) = delete;

  static constexpr const char* kOwner = "pbx_owner";
  static constexpr const char* kProvisioning = "pbx_provisioning";
  static constexpr const char* kBilling = "pbx_billing";
  static constexpr const char* kPassword = "role-for-tests";  ///< Of all three.

  TempPostgres& server() const { return server_; }
  const std::string& name() const { return name_; }
  /// As the superuser, whom row-level security does not bind.
  std::string sql(const std::string& text) const { return server_.sql(name_, text); }

  /// Exit code of pbx-migrate on the database `name`; what it prints is in `output`.
  static int migrate(const std::string& name, std::vector<std::string> more = {},
                     std::string* output = nullptr);

 private:
  TempPostgres& server_;
  std::string name_;
};

}  // namespace pbx::test
