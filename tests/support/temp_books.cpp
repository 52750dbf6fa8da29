#include "support/temp_books.hpp"

#include <stdlib.h>

#include <fstream>
#include <iterator>
#include <stdexcept>

namespace pbx::test {
namespace {

constexpr const char* kTemplate = "books_template";

std::string need(const char* variable) {
  const char* value = std::getenv(variable);
  if (value == nullptr)
    throw std::runtime_error{std::string{variable} + " is not set; run by ctest"};
  return value;
}

TempPostgres& shared_server() {
  static TempPostgres server;
  return server;
}

/// Once a process: making a database of it takes a tenth of the time of migrating one.
void make_template(TempPostgres& server) {
  static const bool made = [&] {
    server.sql("postgres", std::string{"CREATE ROLE "} + TempBooks::kOwner +
                               " LOGIN CREATEROLE PASSWORD '" + TempBooks::kPassword + "'");
    server.sql("postgres",
               std::string{"CREATE DATABASE "} + kTemplate + " OWNER " + TempBooks::kOwner);
    std::string output;
    if (TempBooks::migrate(kTemplate, {}, &output) != 0) throw std::runtime_error{output};
    return true;
  }();
  static_cast<void>(made);
}

}  // namespace

TempBooks::TempBooks() : server_{shared_server()} {
  static int number = 0;
  make_template(server_);
  name_ = "books_" + std::to_string(++number);
  server_.sql("postgres",
              "CREATE DATABASE " + name_ + " TEMPLATE " + kTemplate + " OWNER " + kOwner);
  sql("SELECT begin_new_epoch()");  // a copy would pass for the database that it was copied from
}

int TempBooks::migrate(const std::string& name, std::vector<std::string> more,
                       std::string* output) {
  ::setenv("PBX_POSTGRES_OWNER_PASSWORD", kPassword, 1);
  ::setenv("PBX_POSTGRES_PROVISIONING_PASSWORD", kPassword, 1);
  ::setenv("PBX_POSTGRES_BILLING_PASSWORD", kPassword, 1);
  const TempDir folder;
  const auto log = folder.path() / "output";
  std::vector<std::string> argv{need("PBX_BINARY_DIR") + "/bin/pbx-migrate",
                                "--host",
                                TempPostgres::kHost,
                                "--port",
                                std::to_string(shared_server().port()),
                                "--database",
                                name,
                                "--user",
                                kOwner,
                                "--migrations",
                                need("PBX_SOURCE_DIR") + "/deploy/postgres/migrations"};
  argv.insert(argv.end(), more.begin(), more.end());
  const int code = ChildProcess{argv, log}.wait();
  std::ifstream in{log};
  if (output != nullptr) output->assign(std::istreambuf_iterator<char>{in}, {});
  return code;
}

}  // namespace pbx::test
