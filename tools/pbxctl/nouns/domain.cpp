#include "pbxctl/context.hpp"
#include "pbxctl/nouns/nouns.hpp"
#include "pbxctl/paging.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;
using events::v1::Domain;

void list(Context& context, const Arguments& arguments) {
  context.doing = {"list", "domain"};
  api::ListDomainsRequest request;
  if (const auto tenant = arguments.find("tenant")) {
    request.set_tenant_id(context.names.tenant(*tenant).id());
  }
  Listing listing{context.output, {{"DOMAIN"}, {"TENANT"}, {"ID", Column::Align::Right}}};
  const bool whole =
      each(context.client, request, &api::ListDomainsResponse::mutable_domains,
           limit_of(arguments, kNoLimit), [&](const Domain& domain) {
             listing.add(domain, [&] {
               return Row{domain.name(), context.names.tenant_name(domain.tenant_id()),
                          std::to_string(domain.id())};
             });
           });
  listing.close("domains");
  if (!whole) context.output.note("There are more; raise --limit.");
}

void show(Context& context, const Arguments& arguments) {
  context.doing = {"show", "domain", arguments.text("DOMAIN")};
  const auto domain = context.names.domain(arguments.text("DOMAIN"));
  context.output.show(domain, [&] {
    std::uint64_t users = 0;
    api::ListUsersRequest request;
    request.set_domain(domain.name());
    each(context.client, request, &api::ListUsersResponse::mutable_users, kNoLimit,
         [&](const events::v1::User&) { ++users; });
    Details details;
    details.add("Domain", domain.name())
        .add("Tenant", context.names.tenant_name(domain.tenant_id()))
        .add("Users", std::to_string(users))
        .add("Id", std::to_string(domain.id()));
    return details;
  });
}

void add(Context& context, const Arguments& arguments) {
  context.doing = {"add", "domain", arguments.text("DOMAIN")};
  api::CreateDomainRequest request;
  request.set_name(arguments.text("DOMAIN"));
  request.set_tenant_id(context.names.tenant(arguments.text("tenant")).id());
  const auto domain = context.client.create(request);
  context.output.changed(domain,
                         "Added domain " + domain.name() + " to " + arguments.text("tenant") + ".");
}

void remove(Context& context, const Arguments& arguments) {
  context.doing = {"remove", "domain", arguments.text("DOMAIN")};
  const auto domain = context.names.domain(arguments.text("DOMAIN"));
  api::DeleteDomainRequest request;
  request.set_id(domain.id());
  context.client.remove(request);
  context.output.done("Removed domain " + domain.name() + ".");
}

const Positional kDomain{"DOMAIN", "A domain name, such as hq.north.pbx.test."};

}  // namespace

Command domain_command() {
  return {
      .name = "domain",
      .summary = "SIP domains of the tenants",
      .text =
          "What stands after the @ of a user's address. A domain belongs to one tenant and is "
          "the realm of its users' passwords, so it is never renamed: add another one.",
      .examples = {{"pbxctl domain list --tenant hq.north", "those of one tenant"},
                   {"pbxctl domain add hq.north.pbx.test --tenant hq.north", "one more"}},
      .commands = {
          {.name = "list",
           .summary = "Lists domains",
           .examples = {{"pbxctl domain list", "all that may be seen"},
                        {"pbxctl domain list --tenant hq.north", "those of one tenant"}},
           .options = {tenant_option("Only those of this tenant."), limit_option("domains")},
           .run = list},
          {.name = "show",
           .summary = "Shows one domain",
           .examples = {{"pbxctl domain show hq.north.pbx.test", "whose it is, how many users"}},
           .positionals = {kDomain},
           .run = show},
          {.name = "add",
           .summary = "Adds a domain to a tenant",
           .examples = {{"pbxctl domain add hq.north.pbx.test --tenant hq.north",
                         "a first domain"}},
           .positionals = {kDomain},
           .options = {{.name = "tenant",
                        .value = "TENANT",
                        .help = "The client that it belongs to.",
                        .required = true}},
           .run = add},
          {.name = "remove",
           .summary = "Removes a domain without users",
           .examples = {{"pbxctl domain remove old.north.pbx.test", "after its users are gone"}},
           .positionals = {kDomain},
           .run = remove},
      }};
}

}  // namespace pbx::pbxctl
