#include "postgres/pool.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

#include "contract/postgres/database.hpp"
#include "core/errc.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using postgres::Transaction;
using test::Database;

namespace {

Result<std::int64_t> one(postgres::Pool& pool, std::string_view sql) {
  return pool.with(
      [&](Transaction& tx) -> Result<std::int64_t> { return tx.exec(sql).front()[0].i64(); });
}

Result<> run(postgres::Pool& pool, std::string_view sql) {
  return pool.with([&](Transaction& tx) -> Result<> {
    tx.exec(sql);
    return {};
  });
}

}  // namespace

TEST_CASE("A transaction commits when its body succeeds and leaves nothing when it does not",
          "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  REQUIRE(run(pool, "CREATE TABLE t (n int PRIMARY KEY)"));
  CHECK(run(pool, "INSERT INTO t VALUES (1)"));

  const auto refused = pool.with([](Transaction& tx) -> Result<> {
    tx.exec("INSERT INTO t VALUES (2)");
    return Errc::NotFound;
  });
  CHECK(refused.error() == Errc::NotFound);
  const auto failed = pool.with([](Transaction& tx) -> Result<> {
    tx.exec("INSERT INTO t VALUES (3)");
    tx.exec("SELECT nothing");
    return {};
  });
  CHECK(failed.error() == Errc::Internal);
  CHECK(database.sql("SELECT string_agg(n::text, ',') FROM t") == "1");
  CHECK(pool.healthy());
}

TEST_CASE("What the database refuses has a code that says why", "[postgres]") {
  const auto [sql, expected] = GENERATE(table<std::string, Errc>({
      {"INSERT INTO t VALUES (1)", Errc::AlreadyExists},
      {"INSERT INTO child VALUES (99)", Errc::Conflict},
      {"DELETE FROM t", Errc::Conflict},
      {"INSERT INTO t VALUES (-1)", Errc::InvalidArgument},
      {"INSERT INTO t VALUES (NULL)", Errc::InvalidArgument},
      {"SELECT 1 / 0", Errc::InvalidArgument},
      {"SELECT 'x'::int", Errc::InvalidArgument},
      {"SET LOCAL statement_timeout = 1; SELECT pg_sleep(5)", Errc::Timeout},
      {"SET LOCAL ROLE pg_monitor; SELECT * FROM t", Errc::PermissionDenied},
      {"SELEKT", Errc::Internal},
  }));
  CAPTURE(sql);
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  REQUIRE(run(pool,
              "CREATE TABLE t (n int PRIMARY KEY CHECK (n > 0)); INSERT INTO t VALUES (1);"
              "CREATE TABLE child (n int REFERENCES t); INSERT INTO child VALUES (1)"));
  CHECK(run(pool, sql).error() == expected);
  CHECK(one(pool, "SELECT count(*) FROM t").error() == std::error_code{});
}

TEST_CASE("A connection that was lost is replaced and the transaction run again", "[postgres]") {
  Database database;
  auto options = database.options();
  options.connections = 1;
  postgres::Pool pool{options, database.registry};
  const auto before = one(pool, "SELECT pg_backend_pid()");
  REQUIRE(before);
  database.sql("SELECT pg_terminate_backend(" + std::to_string(*before) + ")");
  const auto after = one(pool, "SELECT pg_backend_pid()");
  REQUIRE(after);
  CHECK(*after != *before);

  SECTION("also when it breaks in the middle of the body") {
    int runs = 0;
    const auto outcome = pool.with([&](Transaction& tx) -> Result<int> {
      const auto pid = tx.exec("SELECT pg_backend_pid()").front()[0].str();
      if (++runs == 1) database.sql("SELECT pg_terminate_backend(" + pid + ")");
      tx.exec("SELECT 1");
      return runs;
    });
    REQUIRE(outcome);
    CHECK(*outcome == 2);
  }
}

TEST_CASE("A deadlock's victim is run again", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  REQUIRE(
      run(pool, "CREATE TABLE t (n int PRIMARY KEY, v int); INSERT INTO t VALUES (1, 0), (2, 0)"));
  std::atomic<int> holding{0};
  std::atomic<int> runs{0};
  const auto both = [&](int first, int second) {
    bool waited = false;
    const auto outcome = pool.with([&](Transaction& tx) -> Result<> {
      ++runs;
      tx.exec("SET LOCAL deadlock_timeout = '50ms'");
      tx.exec("UPDATE t SET v = v + 1 WHERE n = $1", {first});
      if (!waited) {
        waited = true;
        ++holding;
        while (holding < 2) std::this_thread::yield();
      }
      tx.exec("UPDATE t SET v = v + 1 WHERE n = $1", {second});
      return {};
    });
    return bool{outcome};
  };
  bool one_done = false, other_done = false;
  std::thread other{[&] { other_done = both(2, 1); }};
  one_done = both(1, 2);
  other.join();
  CHECK(one_done);
  CHECK(other_done);
  CHECK(runs == 3);
  CHECK(database.sql("SELECT sum(v) FROM t") == "4");
}

TEST_CASE("A database that is away is Unavailable, and healed by its return", "[postgres]") {
  Database database;
  postgres::Pool pool{database.options(), database.registry};
  REQUIRE(run(pool, "SELECT 1"));
  database.server().stop();
  CHECK(run(pool, "SELECT 1").error() == Errc::Unavailable);
  CHECK_FALSE(pool.healthy());
  database.server().start();
  CHECK(run(pool, "SELECT 1"));
  CHECK(pool.healthy());
}

TEST_CASE("A wrong password does not take long and is not retried for ever", "[postgres]") {
  Database database;
  auto options = database.options();
  options.password = Secret{"wrong"};
  postgres::Pool pool{options, database.registry};
  CHECK(run(pool, "SELECT 1").error() == Errc::Unavailable);
}

TEST_CASE("Who finds all connections taken waits a while, then is refused", "[postgres]") {
  Database database;
  auto options = database.options();
  options.connections = 1;
  options.acquire_timeout = 50ms;
  postgres::Pool pool{options, database.registry};
  const auto outer = pool.with([&](Transaction&) -> Result<> {
    CHECK(run(pool, "SELECT 1").error() == Errc::Overloaded);
    return {};
  });
  CHECK(outer);
  CHECK(run(pool, "SELECT 1"));
}

TEST_CASE("Many threads share few connections", "[postgres]") {
  Database database;
  auto options = database.options();
  options.connections = 2;
  postgres::Pool pool{options, database.registry};
  REQUIRE(run(pool, "CREATE TABLE t (n serial)"));
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 25; ++k) {
        if (!run(pool, "INSERT INTO t DEFAULT VALUES")) ++failed;
      }
    });
  }
  for (auto& thread : threads) thread.join();
  CHECK(failed == 0);
  CHECK(database.sql("SELECT count(*) FROM t") == "200");
}
