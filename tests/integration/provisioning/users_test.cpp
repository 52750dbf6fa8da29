#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "integration/provisioning/fixture.hpp"
#include "sip/digest.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;

namespace {

struct Hq : Fixture {
  std::uint64_t tenant = client(1, "hq");
  std::uint64_t home = domain(tenant, "HQ.test");
};

v1::UpdateUserRequest change_of(const std::string& extension) {
  v1::UpdateUserRequest request;
  request.mutable_name()->set_domain("hq.test");
  request.mutable_name()->set_extension(extension);
  return request;
}

}  // namespace

TEST_CASE("A domain belongs to a client and its name to one client only", "[provisioning]") {
  Hq f;
  const auto lab = f.client(1, "lab");
  v1::CreateDomainRequest request;
  request.set_tenant_id(lab);
  request.set_name("hq.TEST");
  CHECK(f.books.create_domain(f.root, request).refusal().code == Errc::AlreadyExists);
  request.set_tenant_id(f.reseller("north"));
  request.set_name("north.test");
  CHECK(f.books.create_domain(f.root, request).refusal().code == Errc::InvalidArgument);

  v1::GetDomainRequest wanted;
  wanted.set_name("Hq.Test");
  CHECK(must(f.books.get_domain(f.root, wanted)).id() == f.home);
  wanted.set_id(f.home);
  CHECK(must(f.books.get_domain(f.root, wanted)).name() == "hq.test");
  v1::ListDomainsRequest all;
  all.set_tenant_id(f.tenant);
  CHECK(must(f.books.list_domains(f.root, all)).domains_size() == 1);

  f.user("hq.test", "1001");
  v1::DeleteDomainRequest removal;
  removal.set_id(f.home);
  CHECK(f.books.delete_domain(f.root, removal).refusal().code == Errc::Conflict);
}

TEST_CASE("A user's password is stored as hashes only, over its domain as realm",
          "[provisioning]") {
  Hq f;
  const auto made = f.user("HQ.test", "1001", "correct horse");
  CHECK(made.password() == "correct horse");
  CHECK(made.user().credential().ha1_md5().empty());
  CHECK(made.user().credential().username() == "1001");
  CHECK(made.user().domain() == "hq.test");
  CHECK(made.user().tenant_id() == f.tenant);
  CHECK(f.sql("SELECT ha1_md5 FROM credentials") ==
        sip::make_ha1(sip::DigestAlgorithm::Md5, "1001", "hq.test", "correct horse"));
  CHECK(f.sql("SELECT ha1_sha256 FROM credentials") ==
        sip::make_ha1(sip::DigestAlgorithm::Sha256, "1001", "hq.test", "correct horse"));
  for (const std::string table : {"users", "credentials", "history", "outbox"}) {
    CHECK(f.sql("SELECT count(*) FROM " + table + " t WHERE t::text LIKE '%correct horse%'") ==
          "0");
  }
}

TEST_CASE("Without a password a random one is made, shown once", "[provisioning]") {
  Hq f;
  const auto one = f.user("hq.test", "1001").password();
  const auto other = f.user("hq.test", "1002").password();
  CHECK(one.size() == 20);
  CHECK(other.size() == 20);
  CHECK(one != other);
  v1::GetUserRequest request;
  request.mutable_name()->set_domain("hq.test");
  request.mutable_name()->set_extension("1001");
  CHECK(must(f.books.get_user(f.root, request)).credential().ha1_md5().empty());
}

TEST_CASE("Extensions are unique in a client and free in another", "[provisioning]") {
  Hq f;
  f.domain(f.tenant, "branch.test");
  f.domain(f.client(1, "lab"), "lab.test");
  f.user("hq.test", "1001");
  v1::CreateUserRequest request;
  request.set_extension("1001");
  request.set_domain("hq.test");
  CHECK(f.books.create_user(f.root, request).refusal().code == Errc::AlreadyExists);
  request.set_domain("branch.test");
  CHECK(f.books.create_user(f.root, request).refusal().code == Errc::AlreadyExists);
  request.set_domain("lab.test");
  CHECK(f.books.create_user(f.root, request));
  request.set_domain("nowhere.test");
  CHECK(f.books.create_user(f.root, request).refusal().code == Errc::NotFound);
}

TEST_CASE("A user's changes are told, and a refused one changes nothing", "[provisioning]") {
  Hq f;
  f.user("hq.test", "1001", "first password");
  const auto hash = f.sql("SELECT ha1_md5 FROM credentials");
  auto request = change_of("1001");
  request.set_password("short");
  CHECK(refusal(f.books.update_user(f.root, request)).find("password:") != std::string::npos);
  request.set_password("second password");
  request.set_display_name(std::string(200, 'x'));
  CHECK(f.books.update_user(f.root, request).refusal().code == Errc::InvalidArgument);
  CHECK(f.sql("SELECT ha1_md5 FROM credentials") == hash);

  request.set_display_name("Anna");
  request.set_suspended(true);
  request.set_max_bindings(3);
  const auto changed = must(f.books.update_user(f.root, request));
  CHECK(changed.password() == "second password");
  CHECK(changed.user().display_name() == "Anna");
  CHECK(changed.user().suspended());
  CHECK(changed.user().max_bindings() == 3);
  CHECK(f.sql("SELECT ha1_md5 FROM credentials") != hash);

  SECTION("an empty password asks for a random one") {
    auto again = change_of("1001");
    again.set_password("");
    CHECK(must(f.books.update_user(f.root, again)).password().size() == 20);
  }
  SECTION("no password leaves it") {
    const auto second = f.sql("SELECT ha1_md5 FROM credentials");
    auto again = change_of("1001");
    again.set_suspended(false);
    CHECK(must(f.books.update_user(f.root, again)).password().empty());
    CHECK(f.sql("SELECT ha1_md5 FROM credentials") == second);
  }
}

TEST_CASE("A deleted user takes its devices and passwords along", "[provisioning]") {
  Hq f;
  f.user("hq.test", "1001");
  f.user("hq.test", "1002");
  f.device("hq.test", "1001", "desk");
  f.device("hq.test", "1001", "hall");
  f.device("hq.test", "1002", "lab");
  f.sql("DELETE FROM outbox");
  v1::DeleteUserRequest request;
  request.mutable_name()->set_domain("hq.test");
  request.mutable_name()->set_extension("1001");
  must(f.books.delete_user(f.root, request));
  CHECK(f.sql("SELECT count(*) FROM users") == "1");
  CHECK(f.sql("SELECT string_agg(name, ',') FROM devices") == "lab");
  CHECK(f.sql("SELECT count(*) FROM credentials") == "2");
  CHECK(f.outbox_keys() == "device/1 device/2 user/1");
  CHECK(f.sql("SELECT count(*) FROM outbox WHERE payload = ''") == "3");
  CHECK(f.books.delete_user(f.root, request).refusal().code == Errc::NotFound);
}

TEST_CASE("Users are listed by client or by domain", "[provisioning]") {
  Hq f;
  f.domain(f.client(1, "lab"), "lab.test");
  for (const auto* extension : {"1001", "1002", "1003"}) f.user("hq.test", extension);
  f.user("lab.test", "1001");
  v1::ListUsersRequest request;
  CHECK(must(f.books.list_users(f.root, request)).users_size() == 4);
  request.set_tenant_id(f.tenant);
  CHECK(must(f.books.list_users(f.root, request)).users_size() == 3);
  request.set_tenant_id(0);
  request.set_domain("LAB.test");
  const auto lab = must(f.books.list_users(f.root, request));
  REQUIRE(lab.users_size() == 1);
  CHECK(lab.users(0).domain() == "lab.test");
  CHECK(lab.users(0).credential().ha1_md5().empty());
}

TEST_CASE("A name that names nothing is refused by its field", "[provisioning]") {
  Hq f;
  v1::GetUserRequest request;
  CHECK(f.books.get_user(f.root, request).refusal().code == Errc::InvalidArgument);
  request.mutable_name()->set_id(std::numeric_limits<std::uint64_t>::max());
  CHECK(f.books.get_user(f.root, request).refusal().code == Errc::InvalidArgument);
  request.mutable_name()->set_id(0);
  request.mutable_name()->set_domain(std::string{"hq.test\0x", 9});
  request.mutable_name()->set_extension("1001");
  CHECK(f.books.get_user(f.root, request).refusal().code == Errc::InvalidArgument);
  request.mutable_name()->set_id(77);
  CHECK(f.books.get_user(f.root, request).refusal().code == Errc::NotFound);
}
