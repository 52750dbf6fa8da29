#include "postgres/session.hpp"

#include <catch2/catch.hpp>
#include <future>

#include "contract/postgres/database.hpp"
#include "core/errc.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using postgres::Session;
using test::Database;

TEST_CASE("A session's lock belongs to one session until it ends", "[postgres]") {
  Database database;
  Session first{database.options()}, second{database.options()};
  REQUIRE(first.connect());
  REQUIRE(second.connect());
  CHECK(*first.try_lock(7));
  CHECK_FALSE(*second.try_lock(7));
  CHECK(*second.try_lock(8));
  first.close();
  // The server notices the end of a connection by itself, soon.
  bool ours = false;
  for (int i = 0; i < 500 && !ours; ++i) {
    ours = *second.try_lock(7);
    if (!ours) static_cast<void>(database.sql("SELECT 1"));
  }
  CHECK(ours);
}

TEST_CASE("A commit is on disk when it is told, whatever the server's default is", "[postgres]") {
  Database database;
  database.sql("ALTER ROLE CURRENT_USER SET synchronous_commit = off");
  Session session{database.options()};
  REQUIRE(session.connect());
  const auto setting = session.with([](postgres::Transaction& transaction) -> Result<std::string> {
    return transaction.exec("SHOW synchronous_commit").front()[0].str();
  });
  database.sql("ALTER ROLE CURRENT_USER RESET synchronous_commit");
  CHECK(*setting == "on");
}

TEST_CASE("A notification wakes whoever listens", "[postgres]") {
  Database database;
  Session session{database.options()};
  REQUIRE(session.connect());
  REQUIRE(session.listen("changes"));
  CHECK_FALSE(*session.wait(1ms));
  database.sql("NOTIFY changes");
  CHECK(*session.wait(10s));
  CHECK_FALSE(*session.wait(1ms));
  database.sql("NOTIFY something_else");
  CHECK_FALSE(*session.wait(50ms));
}

TEST_CASE("A lost session says so and does not come back by itself", "[postgres]") {
  Database database;
  Session session{database.options()};
  CHECK_FALSE(session.connected());
  CHECK(session.wait(1ms).error() == Errc::Unavailable);
  REQUIRE(session.connect());
  REQUIRE(session.listen("changes"));
  // Before it waits, or while it does.
  const std::string delay = GENERATE("0", "0.3");
  const auto ending = std::async(std::launch::async, [&] {
    database.sql("SELECT pg_sleep(" + delay +
                 "); SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                 " WHERE application_name = 'clusterpbx' AND datname = current_database()");
  });
  if (delay == "0") ending.wait();
  CHECK(session.wait(10s).error() == Errc::Unavailable);
  CHECK_FALSE(session.connected());
  CHECK(session.try_lock(7).error() == Errc::Unavailable);
  REQUIRE(session.connect());
  CHECK(*session.try_lock(7));
}
