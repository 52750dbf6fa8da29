#include "directory/directory.hpp"

#include <catch2/catch.hpp>

#include "pbx/events/v1/directory.pb.h"
#include "unit/libs/directory/records.hpp"

using namespace pbx;
using namespace pbx::test;
using directory::Directory;

namespace {

const UserFacts kAnna{12, 9, "hq.north.pbx.test", "1001", 7};
const DeviceFacts kDesk{5, 9, 12, "hq.north.pbx.test", "dev-5", 8};

/// platform 1 › reseller 4 › client 9 with one domain, one user and one device.
void fill(Directory& directory) {
  for (const auto& record :
       {account(1, 1, "1"), account(2, 4, "1.4"), account(3, 9, "1.4.9"),
        domain(4, 3, 9, "hq.north.pbx.test"), user(5, kAnna), device(6, kDesk)}) {
    REQUIRE(record.apply_to(directory));
  }
}

}  // namespace

TEST_CASE("A user is found by domain and extension", "[directory]") {
  Directory directory;
  fill(directory);
  const auto anna = directory.user("hq.north.pbx.test", "1001");
  REQUIRE(anna);
  CHECK(anna->id == UserId{12});
  CHECK(anna->tenant == TenantId{9});
  CHECK(anna->extension() == "1001");
  CHECK(anna->display_name() == "Somebody 1001");
  CHECK(anna->domain() == "hq.north.pbx.test");
  CHECK_FALSE(anna->suspended());
  CHECK(directory.user(UserId{12}) == anna);
  CHECK(directory.domain("hq.north.pbx.test")->tenant == TenantId{9});
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1002"));
  CHECK_FALSE(directory.user("lab.north.pbx.test", "1001"));
  CHECK_FALSE(directory.domain("lab.north.pbx.test"));
}

TEST_CASE("Domains are compared without regard to case, extensions are not", "[directory]") {
  Directory directory;
  fill(directory);
  REQUIRE(user(7, {13, 9, "hq.north.pbx.test", "anna", 1}).apply_to(directory));
  CHECK(directory.user("HQ.North.pbx.TEST", "anna"));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "Anna"));
  CHECK(directory.login("HQ.north.pbx.test", "1001"));
  CHECK(directory.domain("HQ.NORTH.PBX.TEST"));
}

TEST_CASE("A login gives the hashes of the user's or the device's own password", "[directory]") {
  Directory directory;
  fill(directory);
  const auto own = directory.login("hq.north.pbx.test", "1001");
  REQUIRE(own);
  CHECK(own->device == DeviceId{});
  CHECK(own->ha1_md5 == hex_md5(7));
  CHECK(own->ha1_sha256 == hex_sha256(7));
  CHECK(own->extension == "1001");
  CHECK(own->domain == "hq.north.pbx.test");

  const auto desk = directory.login("hq.north.pbx.test", "dev-5");
  REQUIRE(desk);
  CHECK(desk->user == UserId{12});
  CHECK(desk->device == DeviceId{5});
  CHECK(desk->ha1_md5 == hex_md5(8));
  CHECK(desk->extension == "1001");
  CHECK_FALSE(directory.login("hq.north.pbx.test", "dev-6"));
  CHECK_FALSE(directory.login("elsewhere.test", "dev-5"));
}

TEST_CASE("What stands on something missing is not visible until it comes", "[directory]") {
  Directory directory;
  REQUIRE(device(6, kDesk).apply_to(directory));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "dev-5"));
  REQUIRE(user(5, kAnna).apply_to(directory));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1001"));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "1001"));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "dev-5"));
  REQUIRE(domain(4, 3, 9, "hq.north.pbx.test").apply_to(directory));
  CHECK(directory.user("hq.north.pbx.test", "1001"));
  CHECK(directory.login("hq.north.pbx.test", "1001"));
  CHECK(directory.login("hq.north.pbx.test", "dev-5"));
}

TEST_CASE("A domain never lends its name to another tenant's users", "[directory]") {
  Directory directory;
  fill(directory);
  REQUIRE(user(7, {13, 10, "hq.north.pbx.test", "1002"}).apply_to(directory));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1002"));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "1002"));
  REQUIRE(device(8, {6, 10, 12, "hq.north.pbx.test", "dev-6"}).apply_to(directory));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "dev-6"));
}

TEST_CASE("A suspended account suspends everything below it and nothing beside", "[directory]") {
  const auto path = GENERATE(as<std::string>{}, "1", "1.4", "1.4.9");
  const std::uint64_t id = path == "1" ? 1 : path == "1.4" ? 4 : 9;
  Directory directory;
  fill(directory);
  REQUIRE(account(7, 19, "1.14.19").apply_to(directory));
  REQUIRE(domain(8, 4, 19, "lab.south.pbx.test").apply_to(directory));
  REQUIRE(user(9, {20, 19, "lab.south.pbx.test", "1001"}).apply_to(directory));
  const auto before = directory.user("hq.north.pbx.test", "1001");

  REQUIRE(account(10, id, path, true).apply_to(directory));
  CHECK(directory.user("hq.north.pbx.test", "1001")->suspended());
  CHECK(before->suspended());  // live in a snapshot taken earlier
  CHECK(directory.login("hq.north.pbx.test", "1001")->suspended);
  CHECK(directory.login("hq.north.pbx.test", "dev-5")->suspended);
  CHECK(directory.domain("hq.north.pbx.test")->suspended());
  CHECK(directory.user("lab.south.pbx.test", "1001")->suspended() == (id == 1));

  REQUIRE(account(11, id, path, false).apply_to(directory));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1001")->suspended());
  CHECK_FALSE(directory.user("lab.south.pbx.test", "1001")->suspended());
}

TEST_CASE("A user of a deleted account is suspended", "[directory]") {
  Directory directory;
  fill(directory);
  REQUIRE(gone("account", 9).apply_to(directory));
  CHECK(directory.login("hq.north.pbx.test", "1001")->suspended);
  CHECK(directory.counts().accounts == 2);
}

TEST_CASE("A deletion takes away exactly its object", "[directory]") {
  Directory directory;
  fill(directory);
  REQUIRE(gone("device", 5).apply_to(directory));
  CHECK_FALSE(directory.login("hq.north.pbx.test", "dev-5"));
  CHECK(directory.login("hq.north.pbx.test", "1001"));
  REQUIRE(gone("user", 12).apply_to(directory));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1001"));
  REQUIRE(gone("domain", 3).apply_to(directory));
  CHECK_FALSE(directory.domain("hq.north.pbx.test"));
  const auto counts = directory.counts();
  CHECK(counts.accounts == 3);
  CHECK(counts.domains + counts.users + counts.devices == 0);
  CHECK(gone("user", 12).apply_to(directory));  // twice is no harm
}

TEST_CASE("An older revision never overwrites a newer one of its epoch", "[directory]") {
  Directory directory;
  REQUIRE(epoch("first").apply_to(directory));
  fill(directory);
  auto later = kAnna;
  later.secret = 99;
  REQUIRE(user(20, later).apply_to(directory));
  CHECK_FALSE(user(5, kAnna).apply_to(directory));
  CHECK(directory.login("hq.north.pbx.test", "1001")->ha1_md5 == hex_md5(99));
  CHECK(directory.malformed() == 0);

  // Another database starts to count again.
  REQUIRE(epoch("second", true).apply_to(directory));
  CHECK(directory.epoch() == "first");
  CHECK(user(5, kAnna).apply_to(directory));
  REQUIRE(epoch("second").apply_to(directory));
  CHECK_FALSE(user(4, kAnna).apply_to(directory));
  CHECK(directory.login("hq.north.pbx.test", "1001")->ha1_md5 == hex_md5(7));
  CHECK(directory.epoch() == "second");
  CHECK(directory.revision() == 20);
}

TEST_CASE("A name goes to its later owner whichever record comes first", "[directory]") {
  Directory directory;
  fill(directory);
  REQUIRE(user(30, {31, 9, "hq.north.pbx.test", "1001", 55}).apply_to(directory));
  CHECK(directory.user("hq.north.pbx.test", "1001")->id == UserId{31});
  REQUIRE(user(21, kAnna).apply_to(directory));  // overtaken by the record above
  CHECK(directory.user("hq.north.pbx.test", "1001")->id == UserId{31});
  REQUIRE(gone("user", 12).apply_to(directory));
  CHECK(directory.user("hq.north.pbx.test", "1001")->id == UserId{31});
}

TEST_CASE("What is not understood changes nothing and is counted", "[directory]") {
  Directory directory;
  fill(directory);
  events::v1::ConfigRecord long_hash;
  long_hash.mutable_user()->set_id(12);
  long_hash.mutable_user()->set_tenant_id(9);
  long_hash.mutable_user()->set_domain("hq.north.pbx.test");
  long_hash.mutable_user()->set_extension("1001");
  long_hash.mutable_user()->mutable_credential()->set_username("1001");
  long_hash.mutable_user()->mutable_credential()->set_realm("hq.north.pbx.test");
  long_hash.mutable_user()->mutable_credential()->set_ha1_md5(std::string(33, 'a'));
  const auto [key, payload] = GENERATE_COPY(table<std::string, std::string>({
      {"user/12", "\xff\xff"},
      {"user/12", long_hash.SerializeAsString()},
      {"user/13", user(9, kAnna).payload},  // key and payload disagree
      {"device/12", user(9, kAnna).payload},
      {"user/0", user(9, kAnna).payload},
      {"user/12x", user(9, kAnna).payload},
      {"user/", user(9, kAnna).payload},
      {"user/99999999999999999999999", user(9, kAnna).payload},
      {"trunk/1", user(9, kAnna).payload},
      {"", ""},
      {"account/9", account(9, 9, "1.4").payload},  // the path must end at the account
      {"account/9", account(9, 9, "1..9").payload},
      {"account/9", account(9, 9, "").payload},
      {"domain/3", domain(9, 3, 0, "hq.north.pbx.test").payload},
      {"domain/3", domain(9, 3, 9, std::string(256, 'a')).payload},
      {"epoch/0", epoch("").payload},
  }));
  CAPTURE(key);
  CHECK_FALSE(directory.apply(key, payload));
  CHECK(directory.malformed() == 1);
  CHECK(directory.login("hq.north.pbx.test", "1001")->ha1_md5 == hex_md5(7));
  CHECK(directory.domain("hq.north.pbx.test"));
  CHECK_FALSE(directory.user("hq.north.pbx.test", "1001")->suspended());
}
