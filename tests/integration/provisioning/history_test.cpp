#include <catch2/catch.hpp>

#include "integration/provisioning/fixture.hpp"
#include "pbx/events/v1/directory.pb.h"

using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;

TEST_CASE("Each change has one history row and one outbox row, with the same revision as the row",
          "[provisioning]") {
  Fixture f;
  const auto hq = f.client(1, "hq");
  f.domain(hq, "hq.test");
  f.user("hq.test", "1001", "first password");
  f.device("hq.test", "1001", "desk");
  v1::UpdateUserRequest change;
  change.mutable_name()->set_domain("hq.test");
  change.mutable_name()->set_extension("1001");
  change.set_display_name("Anna");
  must(f.books.update_user(f.root, change));
  const auto user_key = "account/" + std::to_string(hq) + " domain/1 user/1 device/1 user/1";
  CHECK(f.outbox_keys() == user_key);
  CHECK(f.sql("SELECT string_agg(kind || ' ' || action, ',' ORDER BY id) FROM history") ==
        "account create,domain create,user create,device create,user update");
  CHECK(f.sql("SELECT revision = (SELECT max(id) FROM outbox) FROM users") == "t");
  CHECK(f.sql("SELECT bool_and(path = '1." + std::to_string(hq) + "') FROM outbox") == "t");

  events::v1::ConfigRecord record;
  const auto hex = f.sql("SELECT encode(payload, 'escape') IS NOT NULL FROM outbox LIMIT 1");
  CHECK(hex == "t");
}

TEST_CASE("The history tells who changed what, newest first, and no secret", "[provisioning]") {
  Fixture f;
  const auto hq = f.client(1, "hq");
  f.domain(hq, "hq.test");
  f.user("hq.test", "1001", "first password");
  const Actor anna{"anna@north", "1"};
  v1::UpdateUserRequest change;
  change.mutable_name()->set_domain("hq.test");
  change.mutable_name()->set_extension("1001");
  change.set_password("second password");
  must(f.books.update_user(anna, change));

  v1::ListHistoryRequest request;
  request.set_kind("user");
  const auto history = must(f.books.list_history(f.root, request));
  REQUIRE(history.entries_size() == 2);
  const auto& update = history.entries(0);
  CHECK(update.actor() == "anna@north");
  CHECK(update.action() == "update");
  CHECK(update.object_id() == 1);
  CHECK(update.after().find("passwordChanged") != std::string::npos);
  CHECK(update.before().find("1001") != std::string::npos);
  CHECK(history.entries(1).action() == "create");
  CHECK(history.entries(1).before().empty());
  CHECK(f.sql("SELECT count(*) FROM history h, credentials c WHERE h::text LIKE '%' || c.ha1_md5 ||"
              " '%' OR h::text LIKE '%' || c.ha1_sha256 || '%'") == "0");

  request.mutable_page()->set_size(1);
  const auto first = must(f.books.list_history(f.root, request));
  request.mutable_page()->set_token(first.next_token());
  const auto second = must(f.books.list_history(f.root, request));
  CHECK(first.entries(0).id() == update.id());
  CHECK(second.entries(0).action() == "create");
  CHECK(second.next_token().empty());
}

TEST_CASE("Nobody rewrites the history", "[provisioning]") {
  Fixture f;
  f.client(1, "hq");
  for (const std::string sql : {"UPDATE history SET actor = 'nobody'", "DELETE FROM history"}) {
    const auto outcome = f.pool.with([&](postgres::Transaction& tx) -> Result<> {
      tx.set_local("pbx.scope", "1");
      tx.exec(sql);
      return {};
    });
    CHECK(outcome.error() == Errc::PermissionDenied);
  }
}

TEST_CASE("What is refused in the middle leaves no trace", "[provisioning]") {
  Fixture f;
  const auto hq = f.client(1, "hq");
  f.domain(hq, "hq.test");
  f.user("hq.test", "1001");
  const auto count = [&] {
    return f.sql(
        "SELECT (SELECT count(*) FROM history), (SELECT count(*) FROM outbox),"
        " (SELECT count(*) FROM users), (SELECT count(*) FROM credentials)");
  };
  const auto before = count();
  v1::CreateUserRequest request;
  request.set_domain("hq.test");
  request.set_extension("1001");
  CHECK_FALSE(f.books.create_user(f.root, request));
  CHECK(count() == before);
}
