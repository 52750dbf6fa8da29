#include <algorithm>

#include "provisioning/adapters/rows.hpp"
#include "provisioning/domain/paging.hpp"
#include "provisioning/domain/validation.hpp"

namespace pbx::provisioning {
namespace {

constexpr std::ptrdiff_t kDeepest = 16;

std::uint64_t next_account_id(Change& change) {
  return change.exec("SELECT nextval('accounts_id_seq')").front()[0].u64();
}

/// Whoever acts for an account may change what is below it, not the account itself: it could lift
/// its own suspension.
Outcome<Done> may_change(const Actor& actor, const StoredAccount& account) {
  if (account.object.kind() == events::v1::ACCOUNT_KIND_PLATFORM) {
    return denied("The platform's own account cannot be changed.");
  }
  if (account.path == actor.scope)
    return denied("An account cannot change itself; ask the one above it.");
  return Done{};
}

}  // namespace

Outcome<events::v1::Account> Books::create_account(const Actor& actor,
                                                   const v1::CreateAccountRequest& request) {
  PBX_TRY(const auto name, account_name(request.name()));
  const auto parent_id = request.parent_id() == 0 ? 1 : request.parent_id();
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Account> {
    PBX_TRY(const auto parent, find_account(change, parent_id, Lock::Row));
    PBX_CHECK_OK(child_kind(parent.object.kind(), request.kind()));
    if (std::count(parent.path.begin(), parent.path.end(), '.') + 2 > kDeepest) {
      return invalid("parent_id: accounts are nested 16 deep at most");
    }
    StoredAccount account;
    auto& object = account.object;
    object.set_id(next_account_id(change));
    object.set_parent_id(parent.object.id());
    object.set_kind(request.kind());
    object.set_name(name);
    account.path = parent.path + "." + std::to_string(object.id());
    object.set_path(account.path);
    account.revision = change.next_revision();
    const auto inserted = change.exec(
        "INSERT INTO accounts (id, parent_id, kind, name, path, revision)"
        " VALUES ($1, $2, $3, $4, $5::ltree, $6) ON CONFLICT (parent_id, name) DO NOTHING",
        object.id(), object.parent_id(), static_cast<int>(object.kind()), name, account.path,
        account.revision);
    if (inserted.affected() == 0) {
      return exists("There is an account " + name + " below " + parent.object.name() + " already.");
    }
    change.created("account", account);
    return object;
  });
}

Outcome<events::v1::Account> Books::get_account(const Actor& actor,
                                                const v1::GetAccountRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Account> {
    PBX_TRY(auto account, find_account(change, request.id(), Lock::None));
    return std::move(account.object);
  });
}

Outcome<v1::ListAccountsResponse> Books::list_accounts(const Actor& actor,
                                                       const v1::ListAccountsRequest& request) {
  PBX_TRY(const auto page, page_of(request.page()));
  return in_change(
      pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::ListAccountsResponse> {
        v1::ListAccountsResponse response;
        const auto rows =
            change.exec(std::string{kSelectAccounts} +
                            " WHERE a.id > $1 AND ($2::bigint = 0 OR a.parent_id = $2)"
                            " ORDER BY a.id LIMIT $3",
                        page.after, request.parent_id(), page.size + 1);
        fill_page(rows, page.size, response.mutable_next_token(),
                  [&](postgres::Row row) { *response.add_accounts() = to_account(row).object; });
        return response;
      });
}

Outcome<events::v1::Account> Books::update_account(const Actor& actor,
                                                   const v1::UpdateAccountRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Account> {
    PBX_TRY(auto account, find_account(change, request.id(), Lock::Row));
    PBX_CHECK_OK(may_change(actor, account));
    const auto before = account.object;
    if (request.has_name()) {
      PBX_TRY(const auto name, account_name(request.name()));
      const auto same =
          change.exec("SELECT 1 FROM accounts WHERE parent_id = $1 AND name = $2 AND id <> $3",
                      before.parent_id(), name, before.id());
      if (!same.empty()) return exists("There is an account " + name + " beside it already.");
      account.object.set_name(name);
    }
    if (request.has_max_calls() || request.has_max_user_calls()) {
      PBX_CHECK_OK(may_limit_calls(before.kind()));
    }
    if (request.has_max_calls()) {
      PBX_TRY(const auto calls, max_calls("max_calls", request.max_calls()));
      account.object.set_max_calls(calls);
    }
    if (request.has_max_user_calls()) {
      PBX_TRY(const auto calls, max_calls("max_user_calls", request.max_user_calls()));
      account.object.set_max_user_calls(calls);
    }
    if (request.has_suspended()) account.object.set_suspended(request.suspended());
    if (account.object.SerializeAsString() == before.SerializeAsString()) return account.object;
    account.revision = change.next_revision();
    const auto& object = account.object;
    change.exec(
        "UPDATE accounts SET name = $2, suspended = $3, max_calls = $4, max_user_calls = $5,"
        " revision = $6 WHERE id = $1",
        object.id(), object.name(), object.suspended(), object.max_calls(), object.max_user_calls(),
        account.revision);
    change.updated("account", before, account);
    return account.object;
  });
}

Outcome<v1::DeleteResponse> Books::delete_account(const Actor& actor,
                                                  const v1::DeleteAccountRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeleteResponse> {
    PBX_TRY(const auto account, find_account(change, request.id(), Lock::Row));
    PBX_CHECK_OK(may_change(actor, account));
    const auto used = change.exec(
        "SELECT EXISTS (SELECT 1 FROM accounts WHERE parent_id = $1),"
        " EXISTS (SELECT 1 FROM domains WHERE tenant_id = $1)",
        request.id());
    if (used.front()[0].boolean()) return in_use("The account still holds other accounts.");
    if (used.front()[1].boolean()) return in_use("The account still has domains.");
    change.exec("DELETE FROM accounts WHERE id = $1", request.id());
    change.deleted("account", account);
    return v1::DeleteResponse{};
  });
}

}  // namespace pbx::provisioning
