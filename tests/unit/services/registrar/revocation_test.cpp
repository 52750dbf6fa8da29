#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "fixture.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;

namespace {

/// A registrar that follows its directory; 1001 has a softphone and a desk phone.
struct Following : Fixture {
  Following() {
    directory.on_change([this](const directory::Change& change) { revoker.on_change(change); });
    send({.contacts = {"<sip:soft@192.0.2.1>;+sip.instance=\"<urn:uuid:1>\""}});
    send({.username = "desk",
          .password = "secret-desk",
          .contacts = {"<sip:desk@192.0.2.2>"},
          .call_id = "desk"});
    REQUIRE(bindings().size() == 2);
    events.states.clear();
  }

  std::vector<std::string> contacts() {
    std::vector<std::string> all;
    for (const auto& binding : bindings()) all.push_back(binding.contact());
    return all;
  }
};

using Strings = std::vector<std::string>;
const std::vector kRevoked{events::v1::REGISTRATION_CHANGE_REVOKED};

}  // namespace

TEST_CASE("A removed or suspended user's bindings go", "[registrar]") {
  Following f;
  SECTION("removed") { f.tenants.remove("user/1001"); }
  SECTION("suspended") { f.tenants.user(1001, "secret-1001", true); }
  SECTION("with its account") { f.tenants.account(true); }
  CHECK(f.contacts().empty());
  CHECK(f.events.changes() == kRevoked);
  CHECK(f.events.states[0].aor() == "1001@hq.north.pbx.test");
  CHECK(f.events.states[0].bindings().empty());
  CHECK(f.metrics.revoked.Value() == 2);
}

TEST_CASE("A changed password takes the bindings made with the old one", "[registrar]") {
  Following f;
  SECTION("the user's") {
    f.tenants.user(1001, "another");
    CHECK(f.contacts() == Strings{"sip:desk@192.0.2.2"});
  }
  SECTION("a device's") {
    f.tenants.device("another");
    CHECK(f.contacts() == Strings{"sip:soft@192.0.2.1"});
  }
  CHECK(f.events.changes() == kRevoked);
  CHECK(f.events.states[0].bindings_size() == 1);
}

TEST_CASE("However a contact is spelled, its binding goes", "[registrar]") {
  Following f;
  const auto contact =
      GENERATE(as<std::string>{}, "<SIP:1001@192.0.2.9>", "<sip:1001@PHONE.test;B=1;a=2>",
               "<sip:%31001@192.0.2.9?Subject=x>");
  REQUIRE(f.send({.contacts = {contact}, .call_id = "c"}).code() == 200);
  REQUIRE(f.bindings().size() == 3);
  SECTION("with the password") {
    f.tenants.user(1001, "another");
    CHECK(f.contacts() == Strings{"sip:desk@192.0.2.2"});
  }
  SECTION("with the user") {
    f.tenants.remove("user/1001");
    CHECK(f.contacts().empty());
  }
  SECTION("by an operator, who may spell it in another way") {
    v1::RemoveBindingsRequest request;
    request.set_tenant_id(9);
    request.set_aor("1001@hq.north.pbx.test");
    const auto as_told = contact.substr(1, contact.size() - 2);
    const auto id = f.bindings().front().id();
    const bool by_id = GENERATE(false, true);
    request.set_contact(by_id ? id : as_told);
    std::uint32_t removed = 0;
    f.administration.remove(request, [&](auto result) { removed = result->removed(); });
    CHECK(removed == 1);
    CHECK(f.bindings().size() == 2);
  }
}

TEST_CASE("A registrar that hears late leaves what was registered since", "[registrar]") {
  Following f;
  std::vector<directory::Change> late;
  f.directory.on_change([&](const directory::Change& change) { late.push_back(change); });
  f.tenants.user(1001, "another");
  f.tenants.device("another");
  f.tenants.user(1001, "another", true);
  f.tenants.user(1001, "another", false);
  CHECK(f.contacts().empty());
  REQUIRE(
      f.send({.password = "another", .contacts = {"<sip:new@192.0.2.1>"}, .call_id = "n"}).code() ==
      200);
  REQUIRE(f.send({.username = "desk",
                  .password = "another",
                  .contacts = {"<sip:newdesk@192.0.2.1>"},
                  .call_id = "d"})
              .code() == 200);

  Revoker second{f.directory, f.tags, f.revocation, f.metrics};
  REQUIRE(late.size() >= 3);
  for (const auto& change : late) second.on_change(change);
  CHECK(f.contacts().size() == 2);
}

TEST_CASE("A user made anew under the same name keeps its phones", "[registrar]") {
  Following f;
  f.tenants.remove("user/1001");
  CHECK(f.contacts().empty());
  directory::Change late{
      directory::ChangeKind::UserRemoved, kTenant, UserId{7}, {}, kDomain, "1001"};
  f.tenants.user(1001, "secret-1001");
  REQUIRE(f.send({.call_id = "again"}).code() == 200);
  f.revoker.on_change(late);
  CHECK(f.contacts().size() == 1);
}

TEST_CASE("A removed device's bindings go, its user's stay", "[registrar]") {
  Following f;
  f.tenants.remove("device/5");
  CHECK(f.contacts() == Strings{"sip:soft@192.0.2.1"});
}

TEST_CASE("What several registrars do at once is told once", "[registrar]") {
  Following f;
  Revoker second{f.directory, f.tags, f.revocation, f.metrics};
  f.directory.on_change([&](const directory::Change& change) { second.on_change(change); });
  f.tenants.user(1001, "secret-1001", true);
  CHECK(f.events.changes() == kRevoked);
}

TEST_CASE("Changes that concern no binding touch no store", "[registrar]") {
  Following f;
  const int before = f.store.calls();
  f.tenants.user(1004, "new");
  f.tenants.user(1001, "secret-1001", false, 3);
  CHECK(f.store.calls() == before);
}

TEST_CASE("Revocations wait while the store is away", "[registrar]") {
  Following f;
  f.store.fail_with(Errc::Unavailable);
  f.tenants.user(1001, "secret-1001", true);
  f.tenants.user(1003, "secret-1003", true);
  CHECK(f.revoker.waiting() == 2);
  f.revoker.retry();
  CHECK(f.revoker.waiting() == 2);
  f.store.fail_with({});
  f.revoker.retry();
  CHECK(f.revoker.waiting() == 0);
  CHECK(f.contacts().empty());
}

TEST_CASE("An account of very many users is worked off", "[registrar]") {
  Following f;
  for (std::uint64_t user = 20'000; user < 25'000; ++user) f.tenants.user(user, "x");
  f.tenants.account(true);
  CHECK(f.revoker.waiting() == 0);
  CHECK(f.contacts().empty());
}

TEST_CASE("An operator removes one contact or all", "[registrar]") {
  Following f;
  const auto remove = [&](std::uint64_t tenant, std::string aor, std::string contact = {}) {
    v1::RemoveBindingsRequest request;
    request.set_tenant_id(tenant);
    request.set_aor(std::move(aor));
    request.set_contact(std::move(contact));
    Result<v1::RemoveBindingsResponse> answer;
    f.administration.remove(request, [&](auto result) { answer = std::move(result); });
    return answer;
  };
  CHECK(remove(9, "1001@hq.north.pbx.test", "sip:nobody@192.0.2.9")->removed() == 0);
  CHECK(remove(9, "1001@hq.north.pbx.test", "sip:soft@192.0.2.1")->removed() == 1);
  CHECK(remove(8, "1001@hq.north.pbx.test")->removed() == 0);  // another tenant's
  CHECK(remove(9, "1001@hq.north.pbx.test")->removed() == 1);
  CHECK(f.events.changes().size() == 2);
  CHECK(remove(0, "1001@hq.north.pbx.test").error() == Errc::InvalidArgument);
  CHECK(remove(9, "").error() == Errc::InvalidArgument);
}

TEST_CASE("An operator lists an AoR, or a tenant page by page", "[registrar]") {
  Following f;
  REQUIRE(
      f.send({.to = "<sip:1003@hq.north.pbx.test>", .username = "1003", .password = "secret-1003"})
          .code() == 200);
  const auto list = [&](std::string aor, std::uint32_t size = 0, std::string token = {}) {
    v1::ListBindingsRequest request;
    request.set_tenant_id(9);
    request.set_aor(std::move(aor));
    request.mutable_page()->set_size(size);
    request.mutable_page()->set_token(std::move(token));
    Result<v1::ListBindingsResponse> answer;
    f.administration.list(request, [&](auto result) { answer = std::move(result); });
    return answer;
  };
  const auto one = list("1001@hq.north.pbx.test");
  REQUIRE(one->aors_size() == 1);
  CHECK(one->aors(0).bindings_size() == 2);
  CHECK(list("nobody@hq.north.pbx.test")->aors().empty());

  const auto first = list("", 1);
  REQUIRE(first->aors_size() == 1);
  CHECK(first->aors(0).aor() == "1001@hq.north.pbx.test");
  const auto second = list("", 1, first->next_token());
  REQUIRE(second->aors_size() == 1);
  CHECK(second->aors(0).aor() == "1003@hq.north.pbx.test");
  CHECK(second->next_token().empty());

  CHECK(list("", 1, "junk").error() == Errc::InvalidArgument);
  f.store.fail_with(Errc::Unavailable);
  CHECK(list("").error() == Errc::Unavailable);
}
