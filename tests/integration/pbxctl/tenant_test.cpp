#include <catch2/catch.hpp>

#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

TEST_CASE("Tenants are listed as a tree of name paths", "[pbxctl]") {
  Session session;
  const auto answer = session.run({"tenant", "list"});
  CHECK(answer.code == 0);
  CHECK(answer.err.empty());
  CHECK(answer.out ==
        "TENANT     KIND      STATE    ID\n"
        "platform   platform  active    1\n"
        "north      reseller  active  102\n"
        "hq.north   client    active  103\n"
        "lab.north  client    active  104\n");
}

TEST_CASE("--json gives an array of accounts as the contract has them", "[pbxctl]") {
  Session session;
  const auto answer = session.run({"tenant", "list", "--parent", "north", "--json"});
  CHECK(answer.code == 0);
  CHECK(answer.out ==
        "[\n"
        R"({"id":"103","parent_id":"102","kind":"ACCOUNT_KIND_CLIENT","name":"hq",)"
        R"("path":"1.102.103","suspended":false,"max_calls":0,"max_user_calls":0})"
        ",\n"
        R"({"id":"104","parent_id":"102","kind":"ACCOUNT_KIND_CLIENT","name":"lab",)"
        R"("path":"1.102.104","suspended":false,"max_calls":0,"max_user_calls":0})"
        "\n]\n");
}

TEST_CASE("Every list reads all pages, and --limit ends it early", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) { cluster.largest_page = 1; });
  CHECK(session.run({"tenant", "list", "--json"}).out ==
        (session.with([](fakes::ManagedCluster& cluster) { cluster.largest_page = 1000; }),
         session.run({"tenant", "list", "--json"}).out));

  const auto two = session.run({"tenant", "list", "--limit", "2"});
  CHECK(two.out ==
        "TENANT    KIND      STATE    ID\n"
        "platform  platform  active    1\n"
        "north     reseller  active  102\n");
  CHECK(two.err == "There are more; raise --limit.\n");
  CHECK(session.run({"tenant", "list", "--limit", "4"}).err.empty());
  CHECK(session.run({"tenant", "list", "--limit", "0"}).err.empty());
}

TEST_CASE("An empty list says so to people and is an array for programs", "[pbxctl]") {
  Session session;
  const auto people = session.run({"tenant", "list", "--parent", "hq.north"});
  CHECK(people.code == 0);
  CHECK(people.out.empty());
  CHECK(people.err == "There are no tenants.\n");
  CHECK(session.run({"tenant", "list", "--parent", "hq.north", "--json"}).out == "[]\n");
}

TEST_CASE("A tenant shows with its place and its domains", "[pbxctl]") {
  Session session;
  CHECK(session.run({"tenant", "show", "HQ.North"}).out ==
        "Tenant         hq.north\n"
        "Kind           client\n"
        "State          active\n"
        "Below          north\n"
        "Domains        hq.north.pbx.test\n"
        "Calls at once  no limit\n"
        "Of one user    as many as the proxies allow\n"
        "Id             103\n");
  CHECK(session.run({"tenant", "show", "id:102"}).out ==
        "Tenant  north\n"
        "Kind    reseller\n"
        "State   active\n"
        "Below   platform\n"
        "Id      102\n");
}

TEST_CASE("Resellers are added to the platform, clients below them", "[pbxctl]") {
  Session session;
  CHECK(session.run({"tenant", "add", "south", "--kind", "reseller"}).out ==
        "Added reseller south, number 2.\n");
  const auto client = session.run({"tenant", "add", "shop.south", "--json"});
  CHECK(client.out ==
        "{\n \"id\": \"3\",\n \"parent_id\": \"2\",\n \"kind\": \"ACCOUNT_KIND_CLIENT\",\n"
        " \"name\": \"shop\",\n \"path\": \"1.2.3\",\n \"suspended\": false,\n"
        " \"max_calls\": 0,\n \"max_user_calls\": 0\n}\n");
  CHECK(session.run({"tenant", "show", "shop.south"}).code == 0);
}

TEST_CASE("A tenant is renamed, suspended and resumed", "[pbxctl]") {
  Session session;
  CHECK(session.run({"tenant", "set", "lab.north", "--suspend"}).out ==
        "Changed tenant lab.north.\n");
  CHECK_THAT(session.run({"tenant", "show", "lab.north"}).out, Catch::Contains("suspended"));
  session.run({"tenant", "set", "lab.north", "--resume"});
  CHECK_THAT(session.run({"tenant", "show", "lab.north"}).out, Catch::Contains("active"));
  CHECK(session.run({"tenant", "set", "lab.north", "--name", "works"}).out ==
        "Changed tenant lab.north; its name is now works.\n");
  CHECK(session.run({"tenant", "show", "works.north"}).code == 0);

  CHECK(session.run({"tenant", "set", "hq.north"}).code == 2);
  CHECK(session.run({"tenant", "set", "hq.north", "--suspend", "--resume"}).code == 2);
}

TEST_CASE("Only an empty tenant is removed", "[pbxctl]") {
  Session session;
  const auto refused = session.run({"tenant", "remove", "lab.north"});
  CHECK(refused.code == 1);
  CHECK(refused.err ==
        "pbxctl: cannot remove tenant lab.north: it still has domains; remove first what is in "
        "it.\n");
  session.with([](fakes::ManagedCluster& cluster) { cluster.domains.clear(); });
  CHECK(session.run({"tenant", "remove", "lab.north"}).out == "Removed tenant lab.north.\n");
  CHECK(session.run({"tenant", "remove", "hq.north", "--json"}).out == "{}\n");
  CHECK(session.run({"tenant", "remove", "hq.north"}).err ==
        "pbxctl: there is no tenant hq.north; see \"pbxctl tenant list\".\n");
}

TEST_CASE("A tenant whose parent lies outside the scope goes by what can be seen", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    std::erase_if(cluster.accounts, [](const auto& account) { return account.id() < 103; });
  });
  CHECK(session.run({"tenant", "list", "--limit", "1"}).out ==
        "TENANT  KIND    STATE    ID\n"
        "hq      client  active  103\n");
}

TEST_CASE("Domains belong to a tenant", "[pbxctl]") {
  Session session;
  CHECK(session.run({"domain", "list"}).out ==
        "DOMAIN              TENANT     ID\n"
        "hq.north.pbx.test   hq.north   11\n"
        "lab.north.pbx.test  lab.north  12\n");
  CHECK(session.run({"domain", "list", "--tenant", "lab.north", "--json"}).out ==
        "[\n{\"id\":\"12\",\"tenant_id\":\"104\",\"name\":\"lab.north.pbx.test\"}\n]\n");
  CHECK(session.run({"domain", "show", "HQ.north.pbx.test"}).out ==
        "Domain  hq.north.pbx.test\n"
        "Tenant  hq.north\n"
        "Users   2\n"
        "Id      11\n");
  CHECK(session.run({"domain", "add", "hq.example", "--tenant", "hq.north"}).out ==
        "Added domain hq.example to hq.north.\n");
  CHECK(session.run({"domain", "remove", "hq.example"}).out == "Removed domain hq.example.\n");
  CHECK(session.run({"domain", "remove", "hq.example"}).code == 1);

  const auto taken = session.run({"domain", "add", "hq.north.pbx.test", "--tenant", "lab.north"});
  CHECK(taken.code == 1);
  CHECK(
      taken.err ==
      "pbxctl: cannot add domain hq.north.pbx.test: the domain is taken; see \"pbxctl domain show "
      "hq.north.pbx.test\".\n");
  CHECK_THAT(session.run({"domain", "remove", "hq.north.pbx.test"}).err,
             Catch::Contains("it still has users"));
}
