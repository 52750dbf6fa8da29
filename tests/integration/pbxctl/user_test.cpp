#include <catch2/catch.hpp>

#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

namespace {

std::string password_of(Session& session, const std::string& whose) {
  std::string password;
  session.with([&](fakes::ManagedCluster& cluster) { password = cluster.passwords[whose]; });
  return password;
}

}  // namespace

TEST_CASE("Users are listed by tenant and domain", "[pbxctl]") {
  Session session;
  CHECK(session.run({"user", "list"}).out ==
        "USER                     NAME          TENANT     STATE   PHONES\n"
        "1001@hq.north.pbx.test   Reception     hq.north   active       -\n"
        "1002@hq.north.pbx.test   Zoë Ångström  hq.north   active       -\n"
        "1001@lab.north.pbx.test  -             lab.north  active       -\n");
  CHECK(session.run({"user", "list", "--domain", "lab.north.pbx.test"}).out ==
        "USER                     NAME  TENANT     STATE   PHONES\n"
        "1001@lab.north.pbx.test  -     lab.north  active       -\n");
  CHECK(session.run({"user", "list", "--tenant", "hq.north"}).out ==
        session.run({"user", "list", "--domain", "hq.north.pbx.test"}).out);
}

TEST_CASE("A narrow terminal shortens names, a pipe never does", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    cluster.users[0].set_display_name("Augusta Ada King, Countess of Lovelace");
  });
  CHECK_THAT(session.run({"user", "list"}).out, Catch::Contains("Countess of Lovelace"));
  session.columns = 80;
  CHECK_THAT(session.run({"user", "list"}).out, Catch::Contains("Augusta Ada King, Countess …"));
}

TEST_CASE("Password hashes never leave pbxctl", "[pbxctl]") {
  Session session;
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"user", "list", "--json"},
           {"user", "show", "1001@hq.north.pbx.test", "--json"},
           {"user", "show", "1001@hq.north.pbx.test"},
           {"user", "set", "1001@hq.north.pbx.test", "--name", "Ada", "--json"},
           {"device", "list", "--json"},
           {"device", "show", "31", "--json"},
           {"device", "set", "31", "--name", "desk", "--json"}}) {
    const auto answer = session.run(words);
    CAPTURE(words);
    CHECK(answer.code == 0);
    CHECK_THAT(answer.out, !Catch::Contains("5ecret"));
  }
}

TEST_CASE("A user shows with its devices", "[pbxctl]") {
  Session session;
  CHECK(session.run({"user", "show", "sip:1001@HQ.north.pbx.test"}).out ==
        "User                1001@hq.north.pbx.test\n"
        "Name                Reception\n"
        "State               active\n"
        "Tenant              hq.north\n"
        "Signs in as         1001\n"
        "Realm               hq.north.pbx.test\n"
        "Phones at once      as many as the registrar allows\n"
        "Calls made at once  as many as its tenant allows\n"
        "Devices             reception\n"
        "Id                  21\n");
  const auto json = session.run({"user", "show", "1001@hq.north.pbx.test", "--json"});
  CHECK_THAT(json.out, Catch::StartsWith("{\n \"id\": \"21\""));
  CHECK_THAT(json.out, Catch::Contains("\"display_name\": \"Reception\""));
}

TEST_CASE("A new user gets a password that is shown once", "[pbxctl]") {
  Session session;
  const auto answer =
      session.run({"user", "add", "1003@hq.north.pbx.test", "--name", "Grace", "--phones", "2"});
  CHECK(answer.code == 0);
  const auto password = password_of(session, "1003@hq.north.pbx.test");
  CHECK(answer.out == "Added user 1003@hq.north.pbx.test. Its password, shown only this once: " +
                          password + "\n");
  const auto shown = session.run({"user", "show", "1003@hq.north.pbx.test"}).out;
  CHECK_THAT(shown, Catch::Contains("Grace") && Catch::Contains("Phones at once      2"));
  CHECK_THAT(shown, !Catch::Contains(password));

  const auto json = session.run({"user", "add", "1004@hq.north.pbx.test", "--json"});
  CHECK_THAT(json.out, Catch::Contains("\"password\": \"" +
                                       password_of(session, "1004@hq.north.pbx.test") + "\""));
}

TEST_CASE("A password from standard input is taken and not repeated", "[pbxctl]") {
  Session session;
  const auto answer = session.run({"user", "add", "1003@hq.north.pbx.test", "--password-stdin"},
                                  "correct horse\r\nmore\n");
  CHECK(answer.out == "Added user 1003@hq.north.pbx.test.\n");
  CHECK(password_of(session, "1003@hq.north.pbx.test") == "correct horse");
  CHECK_THAT(session
                 .run({"user", "set", "1003@hq.north.pbx.test", "--password-stdin", "--json"},
                      "battery staple")
                 .out,
             !Catch::Contains("battery"));
  CHECK(password_of(session, "1003@hq.north.pbx.test") == "battery staple");

  const auto none = session.run({"user", "add", "1005@hq.north.pbx.test", "--password-stdin"});
  CHECK(none.code == 1);
  CHECK(none.err == "pbxctl: there is no password on the standard input.\n");
  CHECK(session.requests().empty());
}

TEST_CASE("A password is asked for twice, without showing it", "[pbxctl]") {
  Session session;
  session.secrets = {"correct horse", "correct horse"};
  CHECK(session.run({"user", "set", "1001@hq.north.pbx.test", "--password-prompt"}).out ==
        "Changed user 1001@hq.north.pbx.test.\n");
  CHECK(password_of(session, "1001@hq.north.pbx.test") == "correct horse");

  session.secrets = {"one thing", "another"};
  const auto differ = session.run({"user", "set", "1001@hq.north.pbx.test", "--password-prompt"});
  CHECK(differ.code == 1);
  CHECK(differ.err == "pbxctl: the two passwords differ; nothing was changed.\n");
  session.secrets = {};
  CHECK_THAT(session.run({"user", "set", "1001@hq.north.pbx.test", "--password-prompt"}).err,
             Catch::Contains("--password-stdin"));
  CHECK(password_of(session, "1001@hq.north.pbx.test") == "correct horse");
}

TEST_CASE("A password is changed to one that the service makes", "[pbxctl]") {
  Session session;
  const auto answer = session.run({"user", "set", "1001@hq.north.pbx.test", "--password-new"});
  CHECK(answer.out == "Changed user 1001@hq.north.pbx.test. Its password, shown only this once: " +
                          password_of(session, "1001@hq.north.pbx.test") + "\n");
  CHECK(session.run({"user", "set", "1001@hq.north.pbx.test", "--password-new", "--password", "x"})
            .code == 2);
}

TEST_CASE("What is not named stays as it is", "[pbxctl]") {
  Session session;
  session.run({"user", "set", "1001@hq.north.pbx.test", "--suspend"});
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.users[0].suspended());
    CHECK(cluster.users[0].display_name() == "Reception");
    CHECK(cluster.passwords.empty());
  });
  session.run({"user", "set", "1001@hq.north.pbx.test", "--name", "", "--phones", "4"});
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.users[0].suspended());
    CHECK(cluster.users[0].display_name().empty());
    CHECK(cluster.users[0].max_bindings() == 4);
  });
  const auto nothing = session.run({"user", "set", "1001@hq.north.pbx.test"});
  CHECK(nothing.code == 2);
  CHECK(nothing.err ==
        "pbxctl: there is nothing to set; give an option.\nTry \"pbxctl user set --help\".\n");
}

TEST_CASE("Removing a user with devices is confirmed by whoever can answer", "[pbxctl]") {
  Session session;
  session.asks = true;
  const auto refused = session.run({"user", "remove", "1001@hq.north.pbx.test"}, "n\n");
  CHECK(refused.code == 1);
  CHECK(refused.err ==
        "Remove user 1001@hq.north.pbx.test and its 1 device? [y/N] "
        "pbxctl: nothing was changed: it was not confirmed.\n");
  CHECK(session.run({"user", "show", "1001@hq.north.pbx.test"}).code == 0);

  CHECK(session.run({"user", "remove", "1001@hq.north.pbx.test"}, "y\n").out ==
        "Removed user 1001@hq.north.pbx.test and its 1 device.\n");
  CHECK(session.run({"device", "list", "--json"}).out == "[]\n");
  const auto plain = session.run({"user", "remove", "1002@hq.north.pbx.test"});
  CHECK(plain.out == "Removed user 1002@hq.north.pbx.test.\n");
  CHECK(plain.err.empty());
}

TEST_CASE("--yes and a missing terminal do without the question", "[pbxctl]") {
  Session session;
  const std::vector<std::string> remove{"user", "remove", "1001@hq.north.pbx.test"};
  SECTION("yes") {
    session.asks = true;
    auto words = remove;
    words.push_back("--yes");
    CHECK(session.run(words).code == 0);
  }
  SECTION("no terminal") { CHECK(session.run(remove).code == 0); }
  CHECK(session.run({"user", "show", "1001@hq.north.pbx.test"}).code == 1);
}
