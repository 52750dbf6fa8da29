#include "registrar/domain/administration.hpp"

#include <algorithm>
#include <charconv>
#include <utility>
#include <vector>

#include "core/errc.hpp"
#include "registrar/domain/binding_id.hpp"

namespace pbx::registrar {
namespace {

constexpr std::uint32_t kDefaultPage = 100;
constexpr std::uint32_t kMaxPage = 1000;

Result<std::uint64_t> parse_token(const std::string& token) {
  std::uint64_t from = 0;
  if (token.empty()) return from;
  const auto* const end = token.data() + token.size();
  const auto [stop, error] = std::from_chars(token.data(), end, from);
  if (error != std::errc{} || stop != end) return Errc::InvalidArgument;
  return from;
}

void add(v1::ListBindingsResponse& response, TenantId tenant, const std::string& aor,
         const Bindings& bindings) {
  if (bindings.empty()) return;
  auto& entry = *response.add_aors();
  entry.set_tenant_id(tenant.value);
  entry.set_aor(aor);
  for (const auto& binding : bindings) *entry.add_bindings() = binding;
}

}  // namespace

/// A page whose AoRs are loaded one after the other.
struct Administration::Listing {
  TenantId tenant;
  std::vector<std::string> aors;
  std::size_t next = 0;
  v1::ListBindingsResponse response;
  Done<v1::ListBindingsResponse> done;
};

void Administration::list(const v1::ListBindingsRequest& request,
                          Done<v1::ListBindingsResponse> done) {
  if (request.tenant_id() == 0) return done(Errc::InvalidArgument);
  const auto from = parse_token(request.page().token());
  if (!from) return done(from.error());

  auto listing = std::make_shared<Listing>();
  listing->tenant = TenantId{request.tenant_id()};
  listing->done = std::move(done);
  if (!request.aor().empty()) {
    listing->aors.push_back(request.aor());
    return load_next(std::move(listing));
  }
  const auto asked = request.page().size();
  const auto size = asked == 0 ? kDefaultPage : std::min(asked, kMaxPage);
  store_.list(listing->tenant, *from, size, [this, listing](Result<AorPage> page) {
    if (!page) return listing->done(page.error());
    listing->aors = std::move(page->aors);
    std::sort(listing->aors.begin(), listing->aors.end());
    if (page->next != 0) listing->response.set_next_token(std::to_string(page->next));
    load_next(listing);
  });
}

void Administration::load_next(std::shared_ptr<Listing> listing) {
  if (listing->next == listing->aors.size()) return listing->done(std::move(listing->response));
  const auto& aor = listing->aors[listing->next++];
  store_.load(listing->tenant, aor, [this, listing, &aor](Result<Bindings> bindings) {
    if (!bindings) return listing->done(bindings.error());
    add(listing->response, listing->tenant, aor, *bindings);
    load_next(listing);
  });
}

void Administration::remove(const v1::RemoveBindingsRequest& request,
                            Done<v1::RemoveBindingsResponse> done) {
  if (request.tenant_id() == 0 || request.aor().empty()) return done(Errc::InvalidArgument);
  Revocation::Filter filter;
  if (!request.contact().empty()) {
    filter = [contact = request.contact()](const state::v1::Binding& binding) {
      return binding.id() == contact || is_same_contact(binding.contact(), contact);
    };
  }
  revocation_.remove(TenantId{request.tenant_id()}, request.aor(), filter,
                     [done = std::move(done)](Result<std::uint32_t> removed) mutable {
                       if (!removed) return done(removed.error());
                       v1::RemoveBindingsResponse response;
                       response.set_removed(*removed);
                       done(std::move(response));
                     });
}

}  // namespace pbx::registrar
