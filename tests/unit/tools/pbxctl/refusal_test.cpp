#include "pbxctl/refusal.hpp"

#include <catch2/catch.hpp>

using namespace pbx::pbxctl;

namespace {

std::string sentence(Failure failure, const Doing& doing, const std::string& message = "") {
  return explain({failure, "provisioning", "127.0.0.31:55001", message}, doing);
}

}  // namespace

TEST_CASE("A refusal says what, why and what to try", "[pbxctl]") {
  const Doing add{"add", "user", "1001@hq.test"};
  CHECK(sentence(Failure::AlreadyExists, add, "the extension is taken") ==
        "cannot add user 1001@hq.test: the extension is taken; see \"pbxctl user show "
        "1001@hq.test\"");
  CHECK(sentence(Failure::Invalid, add, "password: use at least 8 characters.") ==
        "cannot add user 1001@hq.test: password: use at least 8 characters; see \"pbxctl user add "
        "--help\"");
  CHECK(sentence(Failure::NotFound, {"set", "user", "1001@hq.test"}) ==
        "cannot set user 1001@hq.test: there is no such user; see \"pbxctl user list\"");
  CHECK(sentence(Failure::InUse, {"remove", "tenant", "hq.north"},
                 "The account still has domains.") ==
        "cannot remove tenant hq.north: the account still has domains; remove first what is in it");
  CHECK(sentence(Failure::Unreachable, {"list", "user"}) ==
        "cannot list users: the provisioning service at 127.0.0.31:55001 cannot be reached; check "
        "that it runs (tools/dev status) or give its address with --server provisioning=HOST:PORT");
  CHECK(sentence(Failure::Denied, {"list", "cdr"}) ==
        "cannot list CDRs: this identity is not allowed to; use another one, or a --scope that it "
        "covers");
  CHECK(sentence(Failure::Invalid, {"hang up", "call", "x"}, "no") ==
        "cannot hang up call x: no; see \"pbxctl call hangup --help\"");
}

TEST_CASE("Every failure has words of its own, none of them gRPC's", "[pbxctl]") {
  for (int i = 0; i <= static_cast<int>(Failure::Broken); ++i) {
    const auto text = sentence(static_cast<Failure>(i), {"show", "user", "1001@hq.test"});
    CAPTURE(text);
    CHECK_THAT(text, Catch::StartsWith("cannot show user 1001@hq.test: "));
    CHECK_THAT(text, Catch::Contains(";"));
    for (const char* jargon : {"UNAVAILABLE", "RPC", "rpc", "status", "deadline", "channel"}) {
      if (std::string{jargon} == "status" && static_cast<Failure>(i) == Failure::Unreachable) {
        continue;  // tools/dev status
      }
      CHECK_THAT(text, !Catch::Contains(jargon));
    }
  }
}

TEST_CASE("A service's words stay on one line of the terminal", "[pbxctl]") {
  CHECK(sentence(Failure::Broken, {"show", "user", "x"}, "bad\n\x1b[31mthing. ") ==
        "cannot show user x: the provisioning service at 127.0.0.31:55001 failed: bad\uFFFD\uFFFD"
        "[31mthing; its log says more");
}

TEST_CASE("A service's own advice is enough", "[pbxctl]") {
  CHECK(sentence(Failure::NotNow, {"show", "user", "x"},
                 "The database cannot be reached; try again later.") ==
        "cannot show user x: the provisioning service at 127.0.0.31:55001 is not able to: the "
        "database cannot be reached; try again later");
  CHECK(
      sentence(Failure::Denied, {"set", "tenant", "x"}, "An account cannot change itself; ask.") ==
      "cannot set tenant x: an account cannot change itself; ask");
  CHECK(sentence(Failure::Invalid, {"add", "device", "x"}, "SCCP phones need a MAC address.") ==
        "cannot add device x: SCCP phones need a MAC address; see \"pbxctl device add --help\"");
}
