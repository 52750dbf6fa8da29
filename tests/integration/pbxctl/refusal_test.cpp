#include <catch2/catch.hpp>

#include "session.hpp"

using namespace pbx;
using pbxctl::Session;

TEST_CASE("Every refusal is exit code 1 and one sentence", "[pbxctl]") {
  Session session;
  const auto [words, expected] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"tenant", "show", "nobody"}, "there is no tenant nobody; see \"pbxctl tenant list\""},
      {{"tenant", "add", "x.nobody"}, "there is no tenant nobody; see \"pbxctl tenant list\""},
      {{"tenant", "add", "x.hq.north"},
       "cannot add tenant x.hq.north: parent_id: a client holds no accounts; see \"pbxctl tenant "
       "add --help\""},
      {{"domain", "show", "x.test"}, "there is no domain x.test; see \"pbxctl domain list\""},
      {{"user", "list", "--domain", "x.test"},
       "there is no domain x.test; see \"pbxctl domain list\""},
      {{"user", "show", "1009@hq.north.pbx.test"},
       "there is no user 1009@hq.north.pbx.test; see \"pbxctl user list\""},
      {{"user", "add", "1001@x.test"}, "there is no domain x.test; see \"pbxctl domain list\""},
      {{"user", "add", "1001@hq.north.pbx.test"},
       "cannot add user 1001@hq.north.pbx.test: the extension is taken; see \"pbxctl user show "
       "1001@hq.north.pbx.test\""},
      {{"user", "set", "1009@hq.north.pbx.test", "--name", "x"},
       "cannot set user 1009@hq.north.pbx.test: no such user; see \"pbxctl user list\""},
      {{"user", "remove", "1009@hq.north.pbx.test"},
       "there is no user 1009@hq.north.pbx.test; see \"pbxctl user list\""},
      {{"cdr", "show", "c-9"},
       "there is no CDR of a call c-9; see \"pbxctl cdr list\", and \"pbxctl call show c-9\" if it "
       "still goes on"},
      {{"node", "show", "n"}, "there is no live node n; see \"pbxctl node list\""},
  }));
  CAPTURE(words);
  for (const bool json : {false, true}) {
    auto with = words;
    if (json) with.push_back("--json");
    const auto answer = session.run(with);
    CHECK(answer.code == 1);
    CHECK(answer.out.empty());
    CHECK(answer.err == "pbxctl: " + expected + ".\n");
  }
}

TEST_CASE("A command line that is wrong asks no service", "[pbxctl]") {
  Session session;
  for (const auto& words :
       std::vector<std::vector<std::string>>{{"user", "show", "1001"},
                                             {"user", "show", "@hq.north.pbx.test"},
                                             {"user", "add", "1003@"},
                                             {"user", "list", "--limit", "-1"},
                                             {"device", "show", "@hq.north.pbx.test"},
                                             {"device", "add", "x", "--user", "1001"},
                                             {"tenant", "add", "x", "--kind", "shop"}}) {
    CAPTURE(words);
    const auto answer = session.run(words);
    CHECK(answer.code == 2);
    CHECK_THAT(answer.err,
               Catch::StartsWith("pbxctl: ") && Catch::Contains("\nTry \"pbxctl " + words[0]));
    CHECK(session.requests().empty());
  }
}

TEST_CASE("A service that is away is named with its address", "[pbxctl]") {
  Session session;
  // Port 1 on loopback: nobody listens, the refusal comes at once.
  const auto answer = session.run_alone(
      {"node", "list", "--server", "proxy=127.0.0.1:1", "--server", "proxy=127.0.0.2:1"});
  CHECK(answer.code == 1);
  CHECK(answer.err ==
        "pbxctl: cannot list nodes: the proxy service at 127.0.0.1:1, 127.0.0.2:1 cannot be "
        "reached; check that it runs (tools/dev status) or give its address with --server "
        "proxy=HOST:PORT.\n");
}

TEST_CASE("The next server is tried when the first one is away", "[pbxctl]") {
  Session session;
  const auto answer = session.run_alone({"user", "list", "--domain", "hq.north.pbx.test", "--json",
                                         "--server", "provisioning=127.0.0.1:1", "--server",
                                         "provisioning=" + session.address()});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Catch::Contains("Reception"));
}

TEST_CASE("Without an address the sentence says how to give one", "[pbxctl]") {
  Session session;
  CHECK(session.run_alone({"cdr", "list"}).err ==
        "pbxctl: the address of the billing service is not known; give it with --server "
        "billing=HOST:PORT or in a configuration (see pbxctl --help).\n");
}

TEST_CASE("What the services' status codes mean is said in words", "[pbxctl]") {
  Session session;
  const auto [code, expected] = GENERATE(table<int, std::string>({
      {3, "cannot list users: secret detail; see \"pbxctl user list --help\""},
      {7, "cannot list users: secret detail.\n"},
      {10, "cannot list users: secret detail; see"},
      {8, "has too much to do; try again in a moment"},
      {12, "does not know how; it is older than this pbxctl, or the address is another service's"},
      {13, "failed: secret detail; its log says more"},
      {14, "is not able to: secret detail; try again in a moment"},
      {16, "does not accept the identity; check PBX_IDENTITY_KEY"},
      {4, "did not answer in time"},
  }));
  session.with([code = code](fakes::ManagedCluster& cluster) {
    cluster.fail_with = code;
    cluster.fail_message = "secret detail";
  });
  const auto answer = session.run({"user", "list"});
  CHECK(answer.code == 1);
  CHECK_THAT(answer.err, Catch::Contains(expected));
  CHECK(std::count(answer.err.begin(), answer.err.end(), '\n') == 1);
}

TEST_CASE("A name that cannot be looked up does not hide the answer", "[pbxctl]") {
  Session session;
  session.with([](fakes::ManagedCluster& cluster) {
    auto& cdr = cluster.cdrs.emplace_back();
    cdr.set_call_id("c-1");
    cdr.set_tenant_id(Session::kHq);
  });
  const auto answer =
      session.run_alone({"cdr", "show", "c-1", "--server", "billing=" + session.address()});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Catch::Contains("Tenant  id:103\n"));
}
