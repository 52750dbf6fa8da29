#include <algorithm>
#include <vector>

#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;
using events::v1::Account;

std::string calls_word(std::uint32_t calls, const char* none) {
  return calls == 0 ? none : std::to_string(calls);
}

std::string state_word(const Account& account) {
  return account.suspended() ? "suspended" : "active";
}

/// "hq.north" as "north.hq", so that what lies below an account follows it.
std::string from_the_top(const std::string& path) {
  std::string turned;
  std::string_view rest = path;
  while (!rest.empty()) {
    const auto dot = rest.rfind('.');
    const auto label = rest.substr(dot == std::string_view::npos ? 0 : dot + 1);
    turned += std::string{label} + '\1';
    rest = dot == std::string_view::npos ? std::string_view{} : rest.substr(0, dot);
  }
  return turned;
}

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "tenant"};
  api::ListAccountsRequest request;
  if (const auto parent = arguments.find("parent")) {
    request.set_parent_id(context.names.tenant(*parent).id());
  }
  std::vector<Account> accounts;
  const bool whole = each(context.client, request, &api::ListAccountsResponse::mutable_accounts,
                          limit_of(arguments, kNoLimit), [&](const Account& account) {
                            context.names.learn(account);
                            accounts.push_back(account);
                          });
  const auto place = [&](const Account& account) {
    if (account.kind() == events::v1::ACCOUNT_KIND_PLATFORM) return std::string{};
    return from_the_top(context.names.tenant_name(account.id()));
  };
  if (!context.output.json()) {
    std::stable_sort(accounts.begin(), accounts.end(),
                     [&](const Account& a, const Account& b) { return place(a) < place(b); });
  }
  Listing listing{context.output, {{"TENANT"}, {"KIND"}, {"STATE"}, {"ID", Column::Align::Right}}};
  for (const auto& account : accounts) {
    listing.add(account, [&] {
      return Row{context.names.tenant_name(account.id()), kind_word(account.kind()),
                 state_word(account), std::to_string(account.id())};
    });
  }
  listing.close("tenants");
  if (!whole) context.output.note("There are more; raise --limit.");
}

void show(Context& context, const Arguments& arguments) {
  context.doing = {"show", "tenant", arguments.text("TENANT")};
  const auto account = context.names.tenant(arguments.text("TENANT"));
  context.output.show(account, [&] {
    std::string domains;
    api::ListDomainsRequest request;
    request.set_tenant_id(account.id());
    each(context.client, request, &api::ListDomainsResponse::mutable_domains, kNoLimit,
         [&](const events::v1::Domain& domain) {
           domains += (domains.empty() ? "" : ", ") + domain.name();
         });
    Details details;
    details.add("Tenant", context.names.tenant_name(account.id()))
        .add("Kind", kind_word(account.kind()))
        .add("State", state_word(account))
        .add("Below", context.names.tenant_name(account.parent_id()))
        .add("Domains", domains);
    if (account.kind() == events::v1::ACCOUNT_KIND_CLIENT) {
      details.add("Calls at once", calls_word(account.max_calls(), "no limit"))
          .add("Of one user", calls_word(account.max_user_calls(), "as many as the proxies allow"));
    }
    details.add("Id", std::to_string(account.id()));
    return details;
  });
}

void add(Context& context, const Arguments& arguments) {
  const auto& path = arguments.text("TENANT");
  context.doing = {"add", "tenant", path};
  api::CreateAccountRequest request;
  const auto dot = path.find('.');
  request.set_name(path.substr(0, dot));
  if (dot != std::string::npos) {
    request.set_parent_id(context.names.tenant(path.substr(dot + 1)).id());
  }
  request.set_kind(arguments.text_or("kind", "client") == "reseller"
                       ? events::v1::ACCOUNT_KIND_RESELLER
                       : events::v1::ACCOUNT_KIND_CLIENT);
  const auto account = context.client.create(request);
  context.output.changed(account, "Added " + kind_word(account.kind()) + " " + path + ", number " +
                                      std::to_string(account.id()) + ".");
}

void set(Context& context, const Arguments& arguments) {
  const auto& path = arguments.text("TENANT");
  context.doing = {"set", "tenant", path};
  api::UpdateAccountRequest request;
  if (const auto name = arguments.find("name")) request.set_name(*name);
  if (const auto suspended = suspension(arguments)) request.set_suspended(*suspended);
  if (const auto calls = arguments.number("calls", 0, kMostCalls)) {
    request.set_max_calls(static_cast<std::uint32_t>(*calls));
  }
  if (const auto calls = arguments.number("user-calls", 0, kMostCalls)) {
    request.set_max_user_calls(static_cast<std::uint32_t>(*calls));
  }
  const bool limits = request.has_max_calls() || request.has_max_user_calls();
  if (!request.has_name() && !request.has_suspended() && !limits) throw nothing_to_set();
  request.set_id(context.names.tenant(path).id());
  const auto account = context.client.update(request);
  context.output.changed(
      account, "Changed tenant " + path +
                   (request.has_name() ? "; its name is now " + account.name() : "") + ".");
}

void remove(Context& context, const Arguments& arguments) {
  const auto& path = arguments.text("TENANT");
  context.doing = {"remove", "tenant", path};
  api::DeleteAccountRequest request;
  request.set_id(context.names.tenant(path).id());
  context.client.remove(request);
  context.output.done("Removed tenant " + path + ".");
}

const Positional kTenant{"TENANT",
                         "Name path, the account first and what it lies below after it: "
                         "hq.north is hq below north. Or id:NUMBER."};

}  // namespace

Command tenant_command() {
  return {
      .name = "tenant",
      .summary = "Accounts: resellers and the clients below them",
      .text =
          "A client is what domains and users belong to; a reseller holds clients and other "
          "resellers. A suspended account and all below it can neither register nor call.",
      .examples = {{"pbxctl tenant list", "the whole tree"},
                   {"pbxctl tenant add north --kind reseller", "a reseller"},
                   {"pbxctl tenant add hq.north", "a client of it"}},
      .commands = {
          {.name = "list",
           .summary = "Lists accounts, each after the one that it lies below",
           .examples = {{"pbxctl tenant list --parent north", "the clients of one reseller"},
                        {"pbxctl tenant list --json", "for a program"}},
           .options = {{.name = "parent", .value = "TENANT", .help = "Only those right below it."},
                       limit_option("accounts")},
           .run = list},
          {.name = "show",
           .summary = "Shows one account",
           .examples = {{"pbxctl tenant show hq.north", "by name path"},
                        {"pbxctl tenant show id:9", "by number"}},
           .positionals = {kTenant},
           .run = show},
          {.name = "add",
           .summary = "Adds an account",
           .examples = {{"pbxctl tenant add north --kind reseller", "right below the platform"},
                        {"pbxctl tenant add hq.north", "a client below north"}},
           .positionals = {kTenant},
           .options = {{.name = "kind",
                        .value = "KIND",
                        .help = "What it is; default client.",
                        .choices = {"client", "reseller"}}},
           .run = add},
          {.name = "set",
           .summary = "Renames, suspends, resumes or limits an account",
           .examples = {{"pbxctl tenant set hq.north --suspend",
                         "no registrations and no calls, for it and all below it"},
                        {"pbxctl tenant set hq.north --resume", "as it was before"},
                        {"pbxctl tenant set hq.north --calls 30 --user-calls 4",
                         "30 calls at a time, of which one user may have made 4"}},
           .positionals = {kTenant},
           .options = {{.name = "name", .value = "NAME", .help = "New name, a DNS label."},
                       {.name = "calls",
                        .value = "N",
                        .help = "Most calls of a client in progress at once; 0: no limit."},
                       {.name = "user-calls",
                        .value = "N",
                        .help = "Most calls that one user may have made at once, unless it has a "
                                "number of its own; 0: as many as the proxies allow."},
                       suspend_option(),
                       resume_option()},
           .run = set},
          {.name = "remove",
           .summary = "Removes an account that is empty",
           .examples = {{"pbxctl tenant remove lab.north", "after its domains are gone"}},
           .positionals = {kTenant},
           .run = remove},
      }};
}

}  // namespace pbx::pbxctl
