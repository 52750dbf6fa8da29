#include "process.hpp"

#include <catch2/catch.hpp>

#include "rpc/signing_key.hpp"

using namespace pbx;
using namespace pbx::pbxctl;

TEST_CASE("The program answers with output and exit code", "[pbxctl]") {
  Session session;
  const auto pbxctl = program().string();
  const auto server = "provisioning=" + session.address();

  const auto listed = run_process({pbxctl, "tenant", "list", "--server", server});
  CHECK(listed.code == 0);
  CHECK(listed.err.empty());
  CHECK_THAT(listed.out, Catch::StartsWith("TENANT ") && Catch::Contains("\nhq.north "));

  const auto refused =
      run_process({pbxctl, "user", "show", "1009@hq.north.pbx.test", "--server", server});
  CHECK(refused.code == 1);
  CHECK(refused.out.empty());
  CHECK(refused.err ==
        "pbxctl: there is no user 1009@hq.north.pbx.test; see \"pbxctl user list\".\n");

  CHECK(run_process({pbxctl, "user", "frobnicate"}).code == 2);
  CHECK(run_process({pbxctl}).code == 2);
  CHECK_THAT(run_process({pbxctl, "version"}).out, Catch::StartsWith("pbxctl "));
}

TEST_CASE("A service that is away is all that is said", "[pbxctl]") {
  const auto answer = run_process({program(), "call", "list", "--server", "proxy=127.0.0.1:1"},
                                  {"HOME=/nonexistent"});
  CHECK(answer.code == 1);
  CHECK_THAT(answer.err, Catch::StartsWith("pbxctl: cannot list calls: the proxy service at "
                                           "127.0.0.1:1 cannot be reached;"));
  CHECK(std::count(answer.err.begin(), answer.err.end(), '\n') == 1);
}

TEST_CASE("Settings come from the process' environment and folder", "[pbxctl]") {
  Session session;
  const auto key = rpc::SigningKey::make();
  session.with([&](fakes::ManagedCluster& cluster) { cluster.key_id = key.public_key().id(); });
  const auto answer = run_process(
      {program(), "domain", "list", "--json", "--server", "provisioning=" + session.address()},
      {"PBX_IDENTITY_KEY=" + key.text().reveal()});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, Catch::StartsWith("[\n{\"id\":\"11\""));
  session.with([](fakes::ManagedCluster& cluster) { CHECK_FALSE(cluster.token.actor.empty()); });
}

TEST_CASE("Output that nobody can read is a failure", "[pbxctl]") {
  const auto answer =
      run_process({"sh", "-c", "\"$0\" completion bash > /dev/full", program().string()});
  CHECK(answer.code == 1);
  CHECK(answer.err == "pbxctl: the output cannot be written.\n");
}
