#include "proxy/fronts/call_list.hpp"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "core/errc.hpp"
#include "proxy/domain/list_token.hpp"

namespace pbx::proxy {
namespace {

constexpr std::size_t kDefaultPage = 100;
constexpr std::size_t kMaxPage = 1'000;
constexpr std::string_view kCallsPrefix = "calls:{";

std::string token_of(TenantId tenant, const cluster::CallPosition& at) {
  return to_text(ListToken{tenant.value, at.started_at_ms, at.call_id, at.sip_call_id});
}

/// The tenant of a key "calls:{shard}:tenant".
std::optional<TenantId> tenant_of(std::string_view key) {
  if (!key.starts_with(kCallsPrefix)) return std::nullopt;
  const auto brace = key.find("}:");
  if (brace == std::string_view::npos) return std::nullopt;
  return parse_id<TenantId>(key.substr(brace + 2));
}

}  // namespace

/// A page in the making. `tenants` are those that may have calls, from the one where it begins.
struct CallList::Gather {
  std::size_t wanted = 0;
  Sees sees;
  TenantId first;                              ///< Where it begins.
  std::optional<cluster::CallPosition> after;  ///< In the first tenant: what was shown last.
  std::vector<TenantId> tenants;
  std::size_t next = 0;
  Page page;
  Done<Page> done;
};

void CallList::page(TenantId tenant, const Sees& sees, std::size_t size, const std::string& token,
                    Done<Page> done) {
  if (tenant && !sees(tenant)) return done(Errc::NotFound);
  auto gather = std::make_shared<Gather>();
  gather->wanted = size == 0 ? kDefaultPage : std::min(size, kMaxPage);
  gather->sees = sees;
  gather->first = tenant;
  gather->done = std::move(done);
  if (!token.empty()) {
    auto at = parse_list_token(token);
    if (!at || (tenant && at->tenant != tenant.value)) return gather->done(Errc::InvalidArgument);
    gather->first = TenantId{at->tenant};
    gather->after = cluster::CallPosition{at->started_at_ms, std::move(at->call_id),
                                          std::move(at->sip_call_id)};
  }
  if (!tenant) return scan_tenants(std::move(gather), "0");
  gather->tenants.push_back(tenant);
  next_tenant(std::move(gather));
}

void CallList::scan_tenants(std::shared_ptr<Gather> gather, const std::string& cursor) {
  redis::Command scan{"SCAN", cursor, "MATCH", "calls:{*}:*", "COUNT", "1000"};
  redis_.send(std::move(scan), [this, gather](Result<redis::Reply> reply) {
    if (!reply) return gather->done(reply.error());
    auto& tenants = gather->tenants;
    const auto keys = (*reply)[1];
    for (std::size_t i = 0; i < keys.size(); ++i) {
      const auto tenant = tenant_of(keys[i].text());
      if (!tenant || tenant->value < gather->first.value) continue;
      if (gather->sees(*tenant)) tenants.push_back(*tenant);
    }
    const std::string next{(*reply)[0].text()};
    if (next != "0") return scan_tenants(gather, next);
    std::sort(tenants.begin(), tenants.end());
    tenants.erase(std::unique(tenants.begin(), tenants.end()), tenants.end());
    next_tenant(gather);
  });
}

void CallList::next_tenant(std::shared_ptr<Gather> gather) {
  if (gather->next == gather->tenants.size()) return gather->done(std::move(gather->page));
  const auto tenant = gather->tenants[gather->next++];
  std::optional<cluster::CallPosition> after;
  if (tenant == gather->first) after = std::move(gather->after);
  const auto wanted = gather->wanted - gather->page.calls.size();
  dialogs_.list(tenant, std::move(after), wanted,
                [this, gather, tenant](Result<cluster::CallPage> found) {
                  if (!found) return gather->done(found.error());
                  auto& page = gather->page;
                  for (auto& dialog : found->dialogs) {
                    page.calls.push_back(std::move(dialog.record));
                  }
                  const bool full = page.calls.size() == gather->wanted;
                  const bool last = gather->next == gather->tenants.size();
                  const bool ends_here = found->more || (full && !last);
                  if (!ends_here || !found->last) return next_tenant(gather);
                  page.next_token = token_of(tenant, *found->last);
                  gather->done(std::move(page));
                });
}

}  // namespace pbx::proxy
