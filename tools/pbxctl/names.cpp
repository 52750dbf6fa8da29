#include "pbxctl/names.hpp"

#include <algorithm>

#include "core/ids.hpp"
#include "pbxctl/client.hpp"
#include "pbxctl/paging.hpp"
#include "pbxctl/refusal.hpp"

namespace pbx::pbxctl {
namespace {

namespace api = provisioning::v1;

/// "id:9" is 9.
std::optional<std::uint64_t> number_in(std::string_view text) {
  constexpr std::string_view kPrefix = "id:";
  if (!text.starts_with(kPrefix)) return std::nullopt;
  const auto id = parse_id<TenantId>(text.substr(kPrefix.size()));
  if (!id) return std::nullopt;
  return id->value;
}

std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  });
  return out;
}

}  // namespace

Aor parse_aor(std::string_view text) {
  const auto whole = text;
  for (const std::string_view scheme : {"sip:", "sips:"}) {
    if (text.starts_with(scheme)) text.remove_prefix(scheme.size());
  }
  const auto at = text.rfind('@');
  if (at == std::string_view::npos || at == 0 || at + 1 == text.size()) {
    throw UsageError{"'" + std::string{whole} +
                     "' is not a user's address such as 1001@hq.north.pbx.test"};
  }
  return {std::string{text.substr(0, at)}, lower(text.substr(at + 1))};
}

api::UserName user_name(const Aor& aor) {
  api::UserName name;
  name.set_domain(aor.domain);
  name.set_extension(aor.user);
  return name;
}

events::v1::Account Names::tenant(const std::string& path) {
  if (const auto id = number_in(path)) {
    if (const auto* found = account(*id)) return *found;
  } else {
    load_accounts();
    const auto wanted = lower(path);
    for (const auto& [number, candidate] : accounts_) {
      if (candidate.id() != 0 && tenant_name(number) == wanted) return candidate;
    }
  }
  throw Refusal{"there is no tenant " + path + "; see \"pbxctl tenant list\""};
}

events::v1::Domain Names::domain(const std::string& name) {
  api::GetDomainRequest request;
  request.set_name(lower(name));
  if (auto found = client_.find(request)) return *std::move(found);
  throw Refusal{"there is no domain " + name + "; see \"pbxctl domain list\""};
}

events::v1::User Names::user(const Aor& aor) {
  api::GetUserRequest request;
  *request.mutable_name() = pbxctl::user_name(aor);
  if (auto found = client_.find(request)) return *std::move(found);
  throw Refusal{"there is no user " + aor.text() + "; see \"pbxctl user list\""};
}

events::v1::Device Names::device(const std::string& reference) {
  const auto missing = [&] {
    return Refusal{"there is no device " + reference + "; see \"pbxctl device list\""};
  };
  auto id = number_in(reference);
  if (const auto bare = parse_id<DeviceId>(reference)) id = bare->value;
  if (id) {
    api::GetDeviceRequest request;
    request.set_id(*id);
    if (auto found = client_.find(request)) return *std::move(found);
    throw missing();
  }

  const auto at = reference.rfind('@');
  if (at == std::string::npos || at == 0 || at + 1 == reference.size()) {
    throw UsageError{"'" + reference +
                     "' is not a device's name and domain such as reception@hq.north.pbx.test, "
                     "nor its number"};
  }
  api::ListDevicesRequest request;
  request.set_tenant_id(domain(reference.substr(at + 1)).tenant_id());
  std::optional<events::v1::Device> found;
  each(client_, request, &api::ListDevicesResponse::mutable_devices, kNoLimit,
       [&](const events::v1::Device& device) {
         if (device.name() == reference.substr(0, at)) found = device;
       });
  if (!found) throw missing();
  return *std::move(found);
}

std::string Names::tenant_name(std::uint64_t id) {
  constexpr int kDeepest = 64;
  if (id == 0) return {};
  std::string name;
  for (int depth = 0; id != 0 && depth < kDeepest; ++depth) {
    const auto* found = glimpse(id);
    if (found == nullptr) break;
    if (found->kind() == events::v1::ACCOUNT_KIND_PLATFORM) {
      if (name.empty()) name = "platform";
      break;
    }
    name += (name.empty() ? "" : ".") + found->name();
    id = found->parent_id();
  }
  return name.empty() ? "id:" + std::to_string(id) : name;
}

std::string Names::user_name(std::uint64_t tenant_id, std::uint64_t user_id) {
  if (user_id == 0) return {};
  if (!users_.contains(user_id) && !tenants_with_users_[tenant_id]) {
    api::ListUsersRequest request;
    request.set_tenant_id(tenant_id);
    each(client_, request, &api::ListUsersResponse::mutable_users, kNoLimit,
         [&](const events::v1::User& user) {
           users_[user.id()] = user.extension() + "@" + user.domain();
         });
    tenants_with_users_[tenant_id] = true;
  }
  const auto found = users_.find(user_id);
  return found != users_.end() ? found->second : "id:" + std::to_string(user_id);
}

std::vector<std::uint64_t> Names::clients() {
  load_accounts();
  std::vector<std::uint64_t> ids;
  for (const auto& [id, account] : accounts_) {
    if (account.kind() == events::v1::ACCOUNT_KIND_CLIENT) ids.push_back(id);
  }
  return ids;
}

void Names::learn(const events::v1::Account& account) { accounts_[account.id()] = account; }

const events::v1::Account* Names::account(std::uint64_t id) {
  auto known = accounts_.find(id);
  if (known == accounts_.end()) {
    if (all_accounts_) return nullptr;
    api::GetAccountRequest request;
    request.set_id(id);
    known = accounts_.emplace(id, client_.find(request).value_or(events::v1::Account{})).first;
  }
  return known->second.id() == 0 ? nullptr : &known->second;
}

const events::v1::Account* Names::glimpse(std::uint64_t id) {
  if (blind_) return nullptr;
  try {
    return account(id);
  } catch (const std::runtime_error&) {
    blind_ = true;
    return nullptr;
  }
}

void Names::load_accounts() {
  if (all_accounts_) return;
  each(client_, api::ListAccountsRequest{}, &api::ListAccountsResponse::mutable_accounts, kNoLimit,
       [&](const events::v1::Account& account) { learn(account); });
  all_accounts_ = true;
}

std::string kind_word(events::v1::AccountKind kind) {
  switch (kind) {
    case events::v1::ACCOUNT_KIND_PLATFORM:
      return "platform";
    case events::v1::ACCOUNT_KIND_RESELLER:
      return "reseller";
    case events::v1::ACCOUNT_KIND_CLIENT:
      return "client";
    default:
      return {};
  }
}

}  // namespace pbx::pbxctl
