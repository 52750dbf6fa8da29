#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "integration/provisioning/fixture.hpp"

using namespace pbx;
using namespace pbx::test;
using namespace pbx::provisioning;
using events::v1::ACCOUNT_KIND_CLIENT;
using events::v1::ACCOUNT_KIND_PLATFORM;
using events::v1::ACCOUNT_KIND_RESELLER;

namespace {

v1::CreateAccountRequest wanted(std::uint64_t parent, events::v1::AccountKind kind,
                                const std::string& name) {
  v1::CreateAccountRequest request;
  request.set_parent_id(parent);
  request.set_kind(kind);
  request.set_name(name);
  return request;
}

}  // namespace

TEST_CASE("Accounts form a tree of resellers with clients as leaves", "[provisioning]") {
  Fixture f;
  const auto north =
      must(f.books.create_account(f.root, wanted(0, ACCOUNT_KIND_RESELLER, "North")));
  CHECK(north.name() == "north");
  CHECK(north.parent_id() == 1);
  CHECK(north.path() == "1." + std::to_string(north.id()));
  const auto far =
      must(f.books.create_account(f.root, wanted(north.id(), ACCOUNT_KIND_RESELLER, "far")));
  const auto hq = must(f.books.create_account(f.root, wanted(far.id(), ACCOUNT_KIND_CLIENT, "hq")));
  CHECK(hq.path() == far.path() + "." + std::to_string(hq.id()));

  const auto [parent, kind, name, expected] =
      GENERATE_COPY(table<std::uint64_t, events::v1::AccountKind, std::string, Errc>({
          {hq.id(), ACCOUNT_KIND_CLIENT, "below", Errc::InvalidArgument},
          {north.id(), ACCOUNT_KIND_PLATFORM, "other", Errc::InvalidArgument},
          {north.id(), ACCOUNT_KIND_CLIENT, "not a label", Errc::InvalidArgument},
          {north.id(), ACCOUNT_KIND_CLIENT, "", Errc::InvalidArgument},
          {north.id(), ACCOUNT_KIND_CLIENT, "FAR", Errc::AlreadyExists},
          {999, ACCOUNT_KIND_CLIENT, "orphan", Errc::NotFound},
      }));
  CAPTURE(name);
  const auto before = f.sql("SELECT count(*) FROM accounts");
  CHECK(f.books.create_account(f.root, wanted(parent, kind, name)).refusal().code == expected);
  CHECK(f.sql("SELECT count(*) FROM accounts") == before);
}

TEST_CASE("The same name is free below another parent", "[provisioning]") {
  Fixture f;
  const auto north = f.reseller("north"), south = f.reseller("south");
  CHECK(f.client(north, "hq") != f.client(south, "hq"));
}

TEST_CASE("The tree is bounded in depth", "[provisioning]") {
  Fixture f;
  std::uint64_t at = 1;
  for (int i = 2; i <= 16; ++i) at = f.account(at, ACCOUNT_KIND_RESELLER, "r" + std::to_string(i));
  CHECK(f.books.create_account(f.root, wanted(at, ACCOUNT_KIND_CLIENT, "deep")).refusal().code ==
        Errc::InvalidArgument);
}

TEST_CASE("An account can be suspended and renamed, and a no-op changes nothing",
          "[provisioning]") {
  Fixture f;
  const auto hq = f.client(1, "hq");
  f.client(1, "lab");
  v1::UpdateAccountRequest request;
  request.set_id(hq);
  request.set_suspended(true);
  CHECK(must(f.books.update_account(f.root, request)).suspended());
  const auto changes = f.sql("SELECT count(*) FROM outbox");
  CHECK(must(f.books.update_account(f.root, request)).suspended());
  CHECK(f.sql("SELECT count(*) FROM outbox") == changes);

  request.Clear();
  request.set_id(hq);
  request.set_name("lab");
  CHECK(f.books.update_account(f.root, request).refusal().code == Errc::AlreadyExists);
  request.set_name("headquarters");
  const auto renamed = must(f.books.update_account(f.root, request));
  CHECK(renamed.name() == "headquarters");
  CHECK(renamed.suspended());
}

TEST_CASE("Calls are limited for clients, within bounds", "[provisioning]") {
  Fixture f;
  const auto hq = f.client(1, "hq");
  v1::UpdateAccountRequest request;
  request.set_id(hq);
  request.set_max_calls(30);
  request.set_max_user_calls(4);
  must(f.books.update_account(f.root, request));
  v1::GetAccountRequest get;
  get.set_id(hq);
  const auto stored = must(f.books.get_account(f.root, get));
  CHECK(stored.max_calls() == 30);
  CHECK(stored.max_user_calls() == 4);

  request.set_max_calls(1'000'001);
  CHECK(f.books.update_account(f.root, request).refusal().code == Errc::InvalidArgument);
  request.set_max_calls(30);
  request.set_id(f.reseller("north"));
  CHECK(f.books.update_account(f.root, request).refusal().code == Errc::InvalidArgument);
}

TEST_CASE("An account that still holds something is not deleted", "[provisioning]") {
  Fixture f;
  const auto north = f.reseller("north");
  const auto hq = f.client(north, "hq");
  const auto domain = f.domain(hq, "hq.north.test");
  const auto remove = [&](std::uint64_t id) {
    v1::DeleteAccountRequest request;
    request.set_id(id);
    return f.books.delete_account(f.root, request);
  };
  CHECK(remove(north).refusal().code == Errc::Conflict);
  CHECK(remove(hq).refusal().code == Errc::Conflict);
  v1::DeleteDomainRequest request;
  request.set_id(domain);
  must(f.books.delete_domain(f.root, request));
  CHECK(remove(hq));
  CHECK(remove(north));
  CHECK(remove(north).refusal().code == Errc::NotFound);
  CHECK(remove(1).refusal().code == Errc::PermissionDenied);
}

TEST_CASE("Nobody changes the account that they act for", "[provisioning]") {
  Fixture f;
  const auto north = f.reseller("north");
  const auto hq = f.client(north, "hq");
  const Actor reseller{"north's admin", f.path_of(north)};
  v1::UpdateAccountRequest request;
  request.set_id(north);
  request.set_suspended(false);
  CHECK(f.books.update_account(reseller, request).refusal().code == Errc::PermissionDenied);
  v1::DeleteAccountRequest removal;
  removal.set_id(north);
  CHECK(f.books.delete_account(reseller, removal).refusal().code == Errc::PermissionDenied);
  request.set_id(hq);
  request.set_suspended(true);
  CHECK(must(f.books.update_account(reseller, request)).suspended());
}

TEST_CASE("Lists come in pages that neither repeat nor leave out", "[provisioning]") {
  Fixture f;
  for (int i = 0; i < 25; ++i) f.client(1, "c" + std::to_string(i));
  std::vector<std::uint64_t> ids;
  v1::ListAccountsRequest request;
  request.set_parent_id(1);
  request.mutable_page()->set_size(10);
  int pages = 0;
  do {
    const auto response = must(f.books.list_accounts(f.root, request));
    for (const auto& account : response.accounts()) ids.push_back(account.id());
    request.mutable_page()->set_token(response.next_token());
    ++pages;
  } while (!request.page().token().empty());
  CHECK(pages == 3);
  CHECK(ids.size() == 25);
  CHECK(std::is_sorted(ids.begin(), ids.end()));
  CHECK(std::adjacent_find(ids.begin(), ids.end()) == ids.end());

  request.mutable_page()->set_token("x");
  CHECK(f.books.list_accounts(f.root, request).refusal().code == Errc::InvalidArgument);
  request.mutable_page()->set_token("");
  request.mutable_page()->set_size(1001);
  CHECK(f.books.list_accounts(f.root, request).refusal().code == Errc::InvalidArgument);
}
