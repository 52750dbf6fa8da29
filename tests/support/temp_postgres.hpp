#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"

namespace pbx::test {

/// A PostgreSQL 15 of its own on a free loopback port, without fsync. It refuses to run as root, so
/// root hands it to the user postgres or nobody. The constructor returns when it answers.
class TempPostgres {
 public:
  TempPostgres();
  ~TempPostgres();
  TempPostgres(const TempPostgres&) = delete;
  TempPostgres& operator=(const TempPostgres&) = delete;

  static constexpr const char* kHost = "127.0.0.1";
  static constexpr const char* kSuperuser = "postgres";
  static constexpr const char* kPassword = "only-for-tests";  ///< Of the superuser.
  std::uint16_t port() const { return port_; }

  /// As the superuser; throws std::runtime_error with psql's words. Gives what psql prints.
  std::string sql(const std::string& database, const std::string& text) const;

  /// Ends at once, as in a crash; connections break.
  void stop();
  /// With the same data on the same port.
  void start();

 private:
  int run(const std::vector<std::string>& argv) const;
  std::vector<std::string> as_server_user(std::vector<std::string> argv) const;
  std::filesystem::path data() const { return folder_.path() / "data"; }
  bool wait_until_it_answers();

  TempDir folder_;
  std::uint16_t port_ = 0;
  std::unique_ptr<ChildProcess> process_;
};

}  // namespace pbx::test
