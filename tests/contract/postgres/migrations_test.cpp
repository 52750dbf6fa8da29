#include "postgres/migrations.hpp"

#include <catch2/catch.hpp>
#include <fstream>
#include <thread>

#include "contract/postgres/database.hpp"
#include "postgres/scram.hpp"
#include "postgres/session.hpp"
#include "support/temp_dir.hpp"

using namespace pbx;
using postgres::MigrationError;
using test::Database;

namespace {

struct Folder {
  void write(const std::string& name, const std::string& sql) const {
    std::ofstream{dir.path() / name} << sql;
  }
  test::TempDir dir;
};

struct Connected {
  explicit Connected(const Database& database) : session{database.options()} {
    REQUIRE(session.connect());
  }
  postgres::Session session;
};

}  // namespace

TEST_CASE("Migrations are numbered without gaps", "[postgres]") {
  Folder folder;
  CHECK_THROWS_AS(postgres::load_migrations(folder.dir.path()), MigrationError);
  CHECK_THROWS_AS(postgres::load_migrations(folder.dir.path() / "nowhere"), MigrationError);
  folder.write("0001_one.sql", "SELECT 1");
  folder.write("README.md", "not one");
  CHECK(postgres::load_migrations(folder.dir.path()).size() == 1);
  folder.write("0003_three.sql", "SELECT 3");
  CHECK_THROWS_AS(postgres::load_migrations(folder.dir.path()), MigrationError);
  folder.write("0002_two.sql", "SELECT 2");
  const auto all = postgres::load_migrations(folder.dir.path());
  REQUIRE(all.size() == 3);
  CHECK(all[2].name == "three");
  folder.write("2_two.sql", "SELECT 2");
  CHECK_THROWS_AS(postgres::load_migrations(folder.dir.path()), MigrationError);
}

TEST_CASE("Each migration is applied once, and all or nothing", "[postgres]") {
  Database database;
  Connected owner{database};
  Folder folder;
  folder.write("0001_one.sql", "CREATE TABLE one (n int); INSERT INTO one VALUES (1);");
  CHECK(postgres::migrate(owner.session, postgres::load_migrations(folder.dir.path())).size() == 1);
  CHECK(postgres::migrate(owner.session, postgres::load_migrations(folder.dir.path())).empty());
  CHECK(database.sql("SELECT count(*) FROM one") == "1");

  folder.write("0002_two.sql", "CREATE TABLE two (n int); SELECT 1 / 0;");
  CHECK_THROWS_AS(postgres::migrate(owner.session, postgres::load_migrations(folder.dir.path())),
                  MigrationError);
  CHECK(database.sql("SELECT to_regclass('two') IS NULL, max(version) FROM schema_migrations") ==
        "t|1");
}

TEST_CASE("A migration that was changed afterwards, or is unknown, stops everything",
          "[postgres]") {
  Database database;
  Connected owner{database};
  Folder folder;
  folder.write("0001_one.sql", "CREATE TABLE one (n int)");
  folder.write("0002_two.sql", "CREATE TABLE two (n int)");
  auto all = postgres::load_migrations(folder.dir.path());
  postgres::migrate(owner.session, all);
  CHECK_THROWS_AS(postgres::missing_migrations(owner.session, {all[0]}), MigrationError);
  folder.write("0001_one.sql", "CREATE TABLE one (n bigint)");
  all = postgres::load_migrations(folder.dir.path());
  CHECK_THROWS_AS(postgres::missing_migrations(owner.session, all), MigrationError);
}

TEST_CASE("Two that migrate at once do not meet", "[postgres]") {
  Database database;
  Folder folder;
  folder.write("0001_slow.sql", "SELECT pg_sleep(0.2); CREATE TABLE one (n int)");
  const auto all = postgres::load_migrations(folder.dir.path());
  std::size_t applied[2] = {};
  const auto run = [&](std::size_t& count) {
    postgres::Session session{database.options()};
    if (session.connect()) count = postgres::migrate(session, all).size();
  };
  std::thread other{[&] { run(applied[0]); }};
  run(applied[1]);
  other.join();
  CHECK(applied[0] + applied[1] == 1);
}

TEST_CASE("A SCRAM verifier is what PostgreSQL makes of the password itself", "[postgres]") {
  // RFC 7677 §3: user "user", password "pencil".
  const std::string salt = "\x5b\x6d\x99\x68\x9d\x12\x35\x8e\xec\xa0\x4b\x14\x12\x36\xfa\x81";
  CHECK(
      postgres::scram_verifier("pencil", salt, 4096) ==
      "SCRAM-SHA-256$4096:W22ZaJ0SNY7soEsUEjb6gQ==$"
      "WG5d8oPm3OtcPnkdi4Uo7BkeZkBFzpcXkuLmtbsT4qY=:wfPLwcE6nTWhTAmQ7tl2KeoiWGPlZqQxSrmfPwDl2dU=");

  Database database;
  database.sql("CREATE ROLE scram_test LOGIN PASSWORD '" + postgres::scram_verifier("s3cret pw") +
               "'");
  auto options = database.options();
  options.user = "scram_test";
  options.password = Secret{"s3cret pw"};
  postgres::Session session{options};
  CHECK(session.connect());
  database.sql("DROP ROLE scram_test");
}
