#pragma once

#include <prometheus/registry.h>

#include <string>

#include "postgres/pool.hpp"
#include "support/temp_postgres.hpp"

namespace pbx::test {

/// An empty database on a server that all tests of the process share.
struct Database {
  Database() {
    static int number = 0;
    name = "db_" + std::to_string(++number);
    server().sql("postgres", "CREATE DATABASE " + name);
  }

  static TempPostgres& server() {
    static TempPostgres shared;
    return shared;
  }
  postgres::Options options() const {
    postgres::Options options;
    options.host = TempPostgres::kHost;
    options.port = server().port();
    options.database = name;
    options.user = TempPostgres::kSuperuser;
    options.password = Secret{TempPostgres::kPassword};
    return options;
  }
  std::string sql(const std::string& text) const { return server().sql(name, text); }

  std::string name;
  prometheus::Registry registry;
};

}  // namespace pbx::test
