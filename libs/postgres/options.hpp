#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "core/secret.hpp"

namespace pbx::config::v1 {
class Postgres;
}

namespace pbx::postgres {

struct Options {
  std::string host;  ///< A host name, or a folder with a UNIX socket.
  std::uint16_t port = 5432;
  std::string database;
  std::string user;
  Secret password;
  std::string application = "clusterpbx";  ///< What pg_stat_activity shows.
  unsigned connections = 4;
  std::chrono::milliseconds connect_timeout{2'000};
  std::chrono::milliseconds statement_timeout{10'000};
  std::chrono::milliseconds acquire_timeout{2'000};  ///< Waiting for a free connection.
};

Options from_config(const config::v1::Postgres& config, Secret password, std::string application);

/// libpq's keyword form. Holds the password.
std::string connection_string(const Options& options);

}  // namespace pbx::postgres
