#include <catch2/catch.hpp>

#include "provisioning/domain/config_record.hpp"
#include "provisioning/domain/credential.hpp"

using namespace pbx;
using namespace pbx::provisioning;

TEST_CASE("Both hashes are those of RFC 7616's own example", "[provisioning]") {
  // RFC 7616 §3.9.1 gives no HA1; these are H("Mufasa:http-auth@example.org:Circle of Life").
  const auto credential = make_credential("Mufasa", "http-auth@example.org", "Circle of Life");
  CHECK(credential.ha1_md5() == "3d78807defe7de2157e2b0b6573a855f");
  CHECK(credential.ha1_sha256() ==
        "7987c64c30e25f1b74be53f966b49b90f2808aa92faf9a00262392d7b4794232");
}

TEST_CASE("Random passwords are long enough and never the same", "[provisioning]") {
  CHECK(random_password().size() == 20);
  CHECK(random_password() != random_password());
}

TEST_CASE("A record carries its revision and the whole object", "[provisioning]") {
  events::v1::User user;
  user.set_id(12);
  user.set_extension("1001");
  *user.mutable_credential() = make_credential("1001", "hq.test", "password");
  events::v1::ConfigRecord record;
  REQUIRE(record.ParseFromString(to_record(7, user)));
  CHECK(record.revision() == 7);
  CHECK(record.user().SerializeAsString() == user.SerializeAsString());
  CHECK(record_key("user", 12) == "user/12");
  REQUIRE(record.ParseFromString(epoch_record("e", true)));
  CHECK(record.epoch().id() == "e");
  CHECK(record.epoch().filling());
}

TEST_CASE("History shows no hash and says when a password changed", "[provisioning]") {
  events::v1::User user;
  user.set_id(12);
  *user.mutable_credential() = make_credential("1001", "hq.test", "password");
  const auto shown = without_secrets(user);
  CHECK(shown.credential().username() == "1001");
  CHECK(user.credential().ha1_md5().size() == 32);
  CHECK(to_history_json(shown) ==
        R"({"id":"12","credential":{"username":"1001","realm":"hq.test"}})");
  CHECK(to_history_json(shown, true) ==
        R"({"id":"12","credential":{"username":"1001","realm":"hq.test"},"passwordChanged":true})");
  CHECK(to_history_json(events::v1::User{}, true) == R"({"passwordChanged":true})");
}
