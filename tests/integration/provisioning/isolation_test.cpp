#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "integration/provisioning/fixture.hpp"

// Design rule 6 at the database itself: whatever a statement says, a session reaches only what lies
// at or below its scope.
using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;

namespace {

struct TwoClients : Fixture {
  std::uint64_t north = reseller("north"), south = reseller("south");
  std::uint64_t a = client(north, "a"), b = client(south, "b");
  Actor for_a{"a's admin", path_of(a)};

  TwoClients() {
    domain(a, "a.test");
    domain(b, "b.test");
    for (const std::string host : {"a.test", "b.test"}) {
      user(host, "1001");
      device(host, "1001", "desk");
    }
  }

  /// As the service's role with this scope set; no scope when empty.
  Result<std::string> as(const std::string& scope, const std::string& text) {
    return pool.with([&](postgres::Transaction& tx) -> Result<std::string> {
      if (!scope.empty()) tx.set_local("pbx.scope", scope);
      const auto rows = tx.exec(text);
      return rows.empty() ? std::to_string(rows.affected()) : rows.front()[0].str();
    });
  }
};

const std::vector<std::string> kTables{"accounts",    "domains", "users", "devices",
                                       "credentials", "history", "outbox"};

}  // namespace

TEST_CASE("Without a scope nothing is visible, nothing can be written", "[provisioning][rls]") {
  TwoClients f;
  for (const auto& table : kTables) {
    CAPTURE(table);
    CHECK(*f.as("", "SELECT count(*) FROM " + table) == "0");
    CHECK(f.sql("SELECT count(*) FROM " + table) != "0");
  }
  CHECK(*f.as("", "UPDATE users SET display_name = 'x'") == "0");
  CHECK(*f.as("", "DELETE FROM credentials") == "0");
  CHECK(f.as("",
             "INSERT INTO domains (tenant_id, path, name) SELECT id, path, 'c.test' FROM accounts"
             " WHERE false UNION ALL SELECT " +
                 std::to_string(f.a) + ", '" + f.path_of(f.a) + "', 'c.test'")
            .error() == Errc::PermissionDenied);
}

TEST_CASE("A client's session reads nothing of another client", "[provisioning][rls]") {
  TwoClients f;
  const auto mine = f.path_of(f.a);
  for (const auto& table : kTables) {
    CAPTURE(table);
    CHECK(*f.as(mine, "SELECT count(*) FROM " + table + " WHERE NOT path <@ '" + mine + "'") ==
          "0");
    CHECK(*f.as(mine, "SELECT count(*) FROM " + table) != "0");
    CHECK(*f.as(mine, "SELECT count(*) FROM " + table) != f.sql("SELECT count(*) FROM " + table));
  }
}

TEST_CASE("A client's session changes and deletes nothing of another client",
          "[provisioning][rls]") {
  TwoClients f;
  const auto mine = f.path_of(f.a);
  const auto everything = [&] {
    std::string all;
    for (const auto& table : kTables) {
      all += f.sql("SELECT md5(string_agg(t::text, '|' ORDER BY t::text)) FROM " + table +
                   " t WHERE path <@ '" + f.path_of(f.b) + "'");
    }
    return all;
  };
  const auto before = everything();
  const auto theirs = std::to_string(f.b);
  for (const std::string& sql : std::vector<std::string>{
           "UPDATE users SET display_name = 'x' WHERE tenant_id = " + theirs,
           "UPDATE accounts SET suspended = true WHERE id = " + theirs,
           "UPDATE credentials SET ha1_md5 = repeat('0', 32) WHERE realm = 'b.test'",
           "DELETE FROM devices WHERE tenant_id = " + theirs,
           "DELETE FROM credentials WHERE realm = 'b.test'",
           "DELETE FROM outbox WHERE path = '" + f.path_of(f.b) + "'",
       }) {
    CAPTURE(sql);
    CHECK(*f.as(mine, sql) == "0");
  }
  // The same without a condition reaches only one's own rows.
  CHECK(f.as(mine, "UPDATE users SET display_name = 'mine'"));
  CHECK(f.as(mine, "DELETE FROM devices"));
  CHECK(everything() == before);
  CHECK(f.sql("SELECT count(*) FROM users WHERE display_name = 'mine'") == "1");
}

TEST_CASE("A client's session puts nothing into another client", "[provisioning][rls]") {
  TwoClients f;
  const auto mine = f.path_of(f.a), theirs = f.path_of(f.b);
  const auto a = std::to_string(f.a), b = std::to_string(f.b);
  const auto [sql, expected] = GENERATE_COPY(table<std::string, Errc>({
      {"INSERT INTO domains (tenant_id, path, name) VALUES (" + b + ", '" + theirs + "', 'x.test')",
       Errc::PermissionDenied},
      // Claiming the other's number with one's own path, or the other way round.
      {"INSERT INTO domains (tenant_id, path, name) VALUES (" + b + ", '" + mine + "', 'x.test')",
       Errc::Conflict},
      {"INSERT INTO domains (tenant_id, path, name) VALUES (" + a + ", '" + theirs + "', 'x.test')",
       Errc::PermissionDenied},
      {"UPDATE users SET path = '" + theirs + "', tenant_id = " + b, Errc::PermissionDenied},
      {"UPDATE users SET extension = '1999', tenant_id = " + b, Errc::Conflict},
      // A user in a domain of the other, a device of a user of the other.
      {"UPDATE users SET domain_id = 2", Errc::Conflict},
      {"UPDATE devices SET user_id = 2", Errc::Conflict},
      {"INSERT INTO credentials (tenant_id, path, user_id, username, realm, ha1_md5, ha1_sha256)"
       " VALUES (" +
           a + ", '" + mine +
           "', 2, '1001', 'b.test', repeat('0', 32), repeat('0', 64))"
           " ON CONFLICT (realm, username) DO UPDATE SET ha1_md5 = excluded.ha1_md5",
       Errc::PermissionDenied},
      {"INSERT INTO accounts (id, parent_id, kind, name, path) VALUES (900, " + b + ", 3, 'x', '" +
           theirs + ".900')",
       Errc::PermissionDenied},
      {"INSERT INTO history (actor, path, kind, object_id, action) VALUES ('x', '" + theirs +
           "', 'user', 1, 'create')",
       Errc::PermissionDenied},
      {"INSERT INTO outbox (id, path, key, payload) VALUES (1, '" + theirs + "', 'user/2', '')",
       Errc::PermissionDenied},
  }));
  CAPTURE(sql);
  CHECK(f.as(mine, sql).error() == expected);
}

TEST_CASE("A reseller reaches its clients, and none of another reseller's", "[provisioning][rls]") {
  TwoClients f;
  const Actor reseller{"north", f.path_of(f.north)};
  v1::ListUsersRequest all;
  const auto users = must(f.books.list_users(reseller, all));
  REQUIRE(users.users_size() == 1);
  CHECK(users.users(0).domain() == "a.test");
  v1::ListAccountsRequest accounts;
  CHECK(must(f.books.list_accounts(reseller, accounts)).accounts_size() == 2);
}

TEST_CASE("Over the API another client's objects do not exist", "[provisioning][rls]") {
  TwoClients f;
  v1::GetUserRequest user;
  user.mutable_name()->set_domain("b.test");
  user.mutable_name()->set_extension("1001");
  CHECK(f.books.get_user(f.for_a, user).refusal().code == Errc::NotFound);
  v1::UpdateUserRequest change;
  *change.mutable_name() = user.name();
  change.set_password("taken over");
  CHECK(f.books.update_user(f.for_a, change).refusal().code == Errc::NotFound);
  v1::CreateUserRequest more;
  more.set_domain("b.test");
  more.set_extension("1002");
  CHECK(f.books.create_user(f.for_a, more).refusal().code == Errc::NotFound);
  v1::DeleteDeviceRequest device;
  device.set_id(2);
  CHECK(f.books.delete_device(f.for_a, device).refusal().code == Errc::NotFound);
  v1::CreateAccountRequest account;
  account.set_kind(events::v1::ACCOUNT_KIND_CLIENT);
  account.set_name("more");
  CHECK(f.books.create_account(f.for_a, account).refusal().code == Errc::NotFound);
  v1::ListHistoryRequest history;
  const auto seen = must(f.books.list_history(f.for_a, history));
  CHECK(seen.entries_size() > 0);
  for (const auto& entry : seen.entries()) {
    CHECK(entry.after().find("b.test") == std::string::npos);
  }
}

TEST_CASE("The services' roles cannot get round row-level security", "[provisioning][rls]") {
  TwoClients f;
  CHECK(f.sql("SELECT count(*) FROM pg_roles WHERE rolname IN ('pbx_provisioning', 'pbx_billing')"
              " AND NOT rolsuper AND NOT rolbypassrls AND NOT rolcreaterole AND NOT rolcreatedb") ==
        "2");
  // Every table is forced, or holds nothing of a tenant.
  CHECK(f.sql("SELECT string_agg(relname, ',' ORDER BY relname) FROM pg_class"
              " WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
              " AND NOT (relrowsecurity AND relforcerowsecurity)") ==
        "epoch,kafka_offsets,schema_migrations");
  for (const std::string sql :
       {"ALTER TABLE users DISABLE ROW LEVEL SECURITY", "DROP POLICY at_or_below_scope ON users",
        "SET LOCAL ROLE pbx_owner", "TRUNCATE users", "SELECT begin_new_epoch()",
        "CREATE TABLE mine (n int)", "SELECT * FROM cdrs"}) {
    CAPTURE(sql);
    CHECK(f.as("1", sql).error() == Errc::PermissionDenied);
  }
  // The owner is bound as well.
  postgres::Pool owner{options_of(f.database, TempBooks::kOwner), f.registry};
  const auto seen = owner.with([](postgres::Transaction& tx) -> Result<std::string> {
    return tx.exec("SELECT count(*) FROM users").front()[0].str();
  });
  CHECK(*seen == "0");
}
