#include <catch2/catch.hpp>

#include "process.hpp"

using namespace pbx;
using namespace pbx::pbxctl;

namespace {

std::vector<std::string> command(const Session& session, std::vector<std::string> words) {
  words.insert(words.begin(), program().string());
  words.insert(words.end(), {"--server", "provisioning=" + session.address()});
  return words;
}

std::vector<std::string> set_password(const Session& session) {
  return command(session, {"user", "set", "1001@hq.north.pbx.test", "--password-prompt"});
}

}  // namespace

TEST_CASE("A typed password is not shown, and can be corrected", "[pbxctl][terminal]") {
  Session session;
  const auto answer = run_on_terminal(set_password(session), {{"New password: ",
                                                               "wrong\x15"
                                                               "hush-hushX\x7f\r"},
                                                              {"Once more: ", "hush-hush\r"}});
  CHECK(answer.code == 0);
  CHECK_THAT(answer.out, !Catch::Contains("hush"));
  CHECK_THAT(answer.out, Catch::Contains("Changed user 1001@hq.north.pbx.test."));
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.passwords["1001@hq.north.pbx.test"] == "hush-hush");
  });
}

TEST_CASE("Ctrl-C at a password ends the program and changes nothing", "[pbxctl][terminal]") {
  Session session;
  const auto answer = run_on_terminal(set_password(session), {{"New password: ", "abc\x03"}});
  CHECK(answer.code == 128 + 2);
  session.with([](fakes::ManagedCluster& cluster) {
    CHECK(cluster.passwords.empty());
    CHECK(cluster.requests.empty());
  });
}

TEST_CASE("Ctrl-D at a password is a refusal", "[pbxctl][terminal]") {
  Session session;
  const auto answer = run_on_terminal(set_password(session), {{"New password: ", "\x04"}});
  CHECK(answer.code == 1);
  CHECK_THAT(answer.out, Catch::Contains("no password was typed in"));
}

TEST_CASE("Whoever sits at a terminal is asked before a removal", "[pbxctl][terminal]") {
  Session session;
  const auto remove = command(session, {"user", "remove", "1001@hq.north.pbx.test"});
  const auto kept = run_on_terminal(remove, {{"[y/N] ", "\n"}});
  CHECK(kept.code == 1);
  session.with([](fakes::ManagedCluster& cluster) { CHECK(cluster.users.size() == 3); });
  const auto removed = run_on_terminal(remove, {{"[y/N] ", "y\n"}});
  CHECK(removed.code == 0);
  session.with([](fakes::ManagedCluster& cluster) { CHECK(cluster.users.size() == 2); });
}
