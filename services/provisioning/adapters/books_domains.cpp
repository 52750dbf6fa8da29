#include "provisioning/adapters/rows.hpp"
#include "provisioning/domain/paging.hpp"
#include "provisioning/domain/validation.hpp"

namespace pbx::provisioning {
namespace {

Outcome<StoredDomain> find_domain_by_id(Change& change, std::uint64_t id) {
  const auto rows =
      change.exec(std::string{kSelectDomains} + " WHERE d.id = $1 FOR UPDATE OF d", id);
  if (rows.empty()) return not_found("There is no domain " + std::to_string(id) + ".");
  return to_domain(rows.front());
}

}  // namespace

Outcome<events::v1::Domain> Books::create_domain(const Actor& actor,
                                                 const v1::CreateDomainRequest& request) {
  PBX_TRY(const auto name, domain_name(request.name()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Domain> {
    PBX_TRY(const auto tenant, find_account(change, request.tenant_id(), Lock::Row));
    if (tenant.object.kind() != events::v1::ACCOUNT_KIND_CLIENT) {
      return invalid("tenant_id: only a client has domains");
    }
    StoredDomain domain;
    domain.object.set_tenant_id(tenant.object.id());
    domain.object.set_name(name);
    domain.path = tenant.path;
    domain.revision = change.next_revision();
    const auto inserted = change.exec(
        "INSERT INTO domains (tenant_id, path, name, revision) VALUES ($1, $2::ltree, $3, $4)"
        " ON CONFLICT (name) DO NOTHING RETURNING id",
        tenant.object.id(), domain.path, name, domain.revision);
    if (inserted.empty()) return exists("The domain " + name + " exists already.");
    domain.object.set_id(inserted.front()[0].u64());
    change.created("domain", domain);
    return domain.object;
  });
}

Outcome<events::v1::Domain> Books::get_domain(const Actor& actor,
                                              const v1::GetDomainRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Domain> {
    PBX_TRY(auto domain, request.id() != 0 ? find_domain_by_id(change, request.id())
                                           : find_domain(change, request.name()));
    return std::move(domain.object);
  });
}

Outcome<v1::ListDomainsResponse> Books::list_domains(const Actor& actor,
                                                     const v1::ListDomainsRequest& request) {
  PBX_TRY(const auto page, page_of(request.page()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::ListDomainsResponse> {
    v1::ListDomainsResponse response;
    const auto rows = change.exec(std::string{kSelectDomains} +
                                      " WHERE d.id > $1 AND ($2::bigint = 0 OR d.tenant_id = $2)"
                                      " ORDER BY d.id LIMIT $3",
                                  page.after, request.tenant_id(), page.size + 1);
    fill_page(rows, page.size, response.mutable_next_token(),
              [&](postgres::Row row) { *response.add_domains() = to_domain(row).object; });
    return response;
  });
}

Outcome<v1::DeleteResponse> Books::delete_domain(const Actor& actor,
                                                 const v1::DeleteDomainRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeleteResponse> {
    PBX_TRY(const auto domain, find_domain_by_id(change, request.id()));
    const auto used =
        change.exec("SELECT EXISTS (SELECT 1 FROM users WHERE domain_id = $1)", request.id());
    if (used.front()[0].boolean()) return in_use("The domain still has users.");
    change.exec("DELETE FROM domains WHERE id = $1", request.id());
    change.deleted("domain", domain);
    return v1::DeleteResponse{};
  });
}

}  // namespace pbx::provisioning
