#include "fakes/fake_management_rules.hpp"
#include "pbx/provisioning/v1/provisioning.grpc.pb.h"

namespace pbx::fakes {
namespace {

namespace api = provisioning::v1;
using events::v1::Account;
using events::v1::Device;
using events::v1::Domain;
using events::v1::User;
using grpc::ServerContext;
using grpc::Status;
using grpc::StatusCode;

template <class Items, class Test>
auto find(Items& items, Test test) {
  const auto found = std::find_if(items.begin(), items.end(), test);
  return found == items.end() ? nullptr : &*found;
}

auto by_id(std::uint64_t id) {
  return [id](const auto& item) { return item.id() == id; };
}

Status missing(const std::string& what) { return {StatusCode::NOT_FOUND, "no such " + what}; }

class Provisioning final : public api::Provisioning::Service {
 public:
  explicit Provisioning(ManagementRules& rules) : rules_{rules}, cluster_{rules.cluster} {}

  Status CreateAccount(ServerContext* context, const api::CreateAccountRequest* request,
                       Account* response) override {
    return rules_.answer(*context, "CreateAccount", [&]() -> Status {
      const auto parent_id = request->parent_id() == 0 ? 1 : request->parent_id();
      const auto* parent = find(cluster_.accounts, by_id(parent_id));
      if (parent == nullptr) return missing("account");
      if (parent->kind() == events::v1::ACCOUNT_KIND_CLIENT) {
        return {StatusCode::INVALID_ARGUMENT, "parent_id: a client holds no accounts"};
      }
      if (find(cluster_.accounts, [&](const Account& account) {
            return account.parent_id() == parent_id && account.name() == request->name();
          })) {
        return {StatusCode::ALREADY_EXISTS, "there is one of that name"};
      }
      response->set_id(rules_.next_id());
      response->set_parent_id(parent_id);
      response->set_kind(request->kind());
      response->set_name(request->name());
      response->set_path(parent->path() + "." + std::to_string(response->id()));
      cluster_.accounts.push_back(*response);
      return Status::OK;
    });
  }

  Status GetAccount(ServerContext* context, const api::GetAccountRequest* request,
                    Account* response) override {
    return rules_.answer(*context, "GetAccount", [&] {
      const auto* account = find(cluster_.accounts, by_id(request->id()));
      if (account == nullptr || !covers(account->path())) return missing("account");
      *response = *account;
      return Status::OK;
    });
  }

  Status ListAccounts(ServerContext* context, const api::ListAccountsRequest* request,
                      api::ListAccountsResponse* response) override {
    return rules_.answer(*context, "ListAccounts", [&] {
      response->set_next_token(rules_.page(
          request->page(), cluster_.accounts,
          [&](const Account& account) {
            return covers(account.path()) &&
                   (request->parent_id() == 0 || account.parent_id() == request->parent_id());
          },
          response->mutable_accounts()));
      return Status::OK;
    });
  }

  Status UpdateAccount(ServerContext* context, const api::UpdateAccountRequest* request,
                       Account* response) override {
    return rules_.answer(*context, "UpdateAccount", [&] {
      auto* account = find(cluster_.accounts, by_id(request->id()));
      if (account == nullptr) return missing("account");
      if (request->has_name()) account->set_name(request->name());
      if (request->has_suspended()) account->set_suspended(request->suspended());
      *response = *account;
      return Status::OK;
    });
  }

  Status DeleteAccount(ServerContext* context, const api::DeleteAccountRequest* request,
                       api::DeleteResponse*) override {
    return rules_.answer(*context, "DeleteAccount", [&]() -> Status {
      if (find(cluster_.domains,
               [&](const Domain& domain) { return domain.tenant_id() == request->id(); })) {
        return {StatusCode::FAILED_PRECONDITION, "it still has domains"};
      }
      return erase(cluster_.accounts, request->id(), "account");
    });
  }

  Status CreateDomain(ServerContext* context, const api::CreateDomainRequest* request,
                      Domain* response) override {
    return rules_.answer(*context, "CreateDomain", [&]() -> Status {
      if (named_domain(request->name()) != nullptr) {
        return {StatusCode::ALREADY_EXISTS, "the domain is taken"};
      }
      response->set_id(rules_.next_id());
      response->set_tenant_id(request->tenant_id());
      response->set_name(request->name());
      cluster_.domains.push_back(*response);
      return Status::OK;
    });
  }

  Status GetDomain(ServerContext* context, const api::GetDomainRequest* request,
                   Domain* response) override {
    return rules_.answer(*context, "GetDomain", [&] {
      const auto* domain = request->id() != 0 ? find(cluster_.domains, by_id(request->id()))
                                              : named_domain(request->name());
      if (domain == nullptr || !covers_tenant(domain->tenant_id())) return missing("domain");
      *response = *domain;
      return Status::OK;
    });
  }

  Status ListDomains(ServerContext* context, const api::ListDomainsRequest* request,
                     api::ListDomainsResponse* response) override {
    return rules_.answer(*context, "ListDomains", [&] {
      response->set_next_token(rules_.page(
          request->page(), cluster_.domains,
          [&](const Domain& domain) {
            return request->tenant_id() == 0 || domain.tenant_id() == request->tenant_id();
          },
          response->mutable_domains()));
      return Status::OK;
    });
  }

  Status DeleteDomain(ServerContext* context, const api::DeleteDomainRequest* request,
                      api::DeleteResponse*) override {
    return rules_.answer(*context, "DeleteDomain", [&]() -> Status {
      const auto* domain = find(cluster_.domains, by_id(request->id()));
      if (domain != nullptr &&
          find(cluster_.users, [&](const User& user) { return user.domain() == domain->name(); })) {
        return {StatusCode::FAILED_PRECONDITION, "it still has users"};
      }
      return erase(cluster_.domains, request->id(), "domain");
    });
  }

  Status CreateUser(ServerContext* context, const api::CreateUserRequest* request,
                    api::UserWithPassword* response) override {
    return rules_.answer(*context, "CreateUser", [&]() -> Status {
      const auto* domain = named_domain(request->domain());
      if (domain == nullptr) return missing("domain");
      api::UserName name;
      name.set_domain(request->domain());
      name.set_extension(request->extension());
      if (named_user(name) != nullptr) {
        return {StatusCode::ALREADY_EXISTS, "the extension is taken"};
      }
      auto& user = *response->mutable_user();
      user.set_id(rules_.next_id());
      user.set_tenant_id(domain->tenant_id());
      user.set_domain(request->domain());
      user.set_extension(request->extension());
      user.set_display_name(request->display_name());
      user.set_max_bindings(request->max_bindings());
      user.mutable_credential()->set_username(request->extension());
      user.mutable_credential()->set_realm(request->domain());
      user.mutable_credential()->set_ha1_md5("0123456789abcdef0123456789abcdef");
      response->set_password(
          keep(request->extension() + "@" + request->domain(), request->password()));
      cluster_.users.push_back(user);
      return Status::OK;
    });
  }

  Status GetUser(ServerContext* context, const api::GetUserRequest* request,
                 User* response) override {
    return rules_.answer(*context, "GetUser", [&] {
      const auto* user = named_user(request->name());
      if (user == nullptr) return missing("user");
      *response = *user;
      return Status::OK;
    });
  }

  Status ListUsers(ServerContext* context, const api::ListUsersRequest* request,
                   api::ListUsersResponse* response) override {
    return rules_.answer(*context, "ListUsers", [&] {
      response->set_next_token(rules_.page(
          request->page(), cluster_.users,
          [&](const User& user) {
            return (request->tenant_id() == 0 || user.tenant_id() == request->tenant_id()) &&
                   (request->domain().empty() || user.domain() == request->domain());
          },
          response->mutable_users()));
      return Status::OK;
    });
  }

  Status UpdateUser(ServerContext* context, const api::UpdateUserRequest* request,
                    api::UserWithPassword* response) override {
    return rules_.answer(*context, "UpdateUser", [&] {
      auto* user = named_user(request->name());
      if (user == nullptr) return missing("user");
      if (request->has_display_name()) user->set_display_name(request->display_name());
      if (request->has_suspended()) user->set_suspended(request->suspended());
      if (request->has_max_bindings()) user->set_max_bindings(request->max_bindings());
      if (request->has_password()) {
        response->set_password(keep(user->extension() + "@" + user->domain(), request->password()));
      }
      *response->mutable_user() = *user;
      return Status::OK;
    });
  }

  Status DeleteUser(ServerContext* context, const api::DeleteUserRequest* request,
                    api::DeleteResponse*) override {
    return rules_.answer(*context, "DeleteUser", [&] {
      const auto* user = named_user(request->name());
      if (user == nullptr) return missing("user");
      const auto id = user->id();
      std::erase_if(cluster_.devices, [&](const Device& device) { return device.user_id() == id; });
      return erase(cluster_.users, id, "user");
    });
  }

  Status CreateDevice(ServerContext* context, const api::CreateDeviceRequest* request,
                      api::DeviceWithPassword* response) override {
    return rules_.answer(*context, "CreateDevice", [&]() -> Status {
      const auto* user = named_user(request->user());
      if (user == nullptr) return missing("user");
      if (request->kind() != events::v1::DEVICE_KIND_SIP && request->mac().empty()) {
        return {StatusCode::INVALID_ARGUMENT, "mac: such phones are known by their MAC address"};
      }
      auto& device = *response->mutable_device();
      device.set_id(rules_.next_id());
      device.set_tenant_id(user->tenant_id());
      device.set_user_id(user->id());
      device.set_kind(request->kind());
      device.set_name(request->name());
      device.set_mac(request->mac());
      device.mutable_credential()->set_username("dev-" + std::to_string(device.id()));
      device.mutable_credential()->set_realm(user->domain());
      device.mutable_credential()->set_ha1_sha256("00ff");
      response->set_password(keep(request->name(), request->password()));
      cluster_.devices.push_back(device);
      return Status::OK;
    });
  }

  Status GetDevice(ServerContext* context, const api::GetDeviceRequest* request,
                   Device* response) override {
    return get(*context, "GetDevice", cluster_.devices, request->id(), "device", response);
  }

  Status ListDevices(ServerContext* context, const api::ListDevicesRequest* request,
                     api::ListDevicesResponse* response) override {
    return rules_.answer(*context, "ListDevices", [&] {
      response->set_next_token(rules_.page(
          request->page(), cluster_.devices,
          [&](const Device& device) {
            return (request->tenant_id() == 0 || device.tenant_id() == request->tenant_id()) &&
                   (request->user().id() == 0 || device.user_id() == request->user().id());
          },
          response->mutable_devices()));
      return Status::OK;
    });
  }

  Status UpdateDevice(ServerContext* context, const api::UpdateDeviceRequest* request,
                      api::DeviceWithPassword* response) override {
    return rules_.answer(*context, "UpdateDevice", [&] {
      auto* device = find(cluster_.devices, by_id(request->id()));
      if (device == nullptr) return missing("device");
      if (request->has_name()) device->set_name(request->name());
      if (request->has_mac()) device->set_mac(request->mac());
      if (request->has_password()) {
        response->set_password(keep(device->name(), request->password()));
      }
      *response->mutable_device() = *device;
      return Status::OK;
    });
  }

  Status DeleteDevice(ServerContext* context, const api::DeleteDeviceRequest* request,
                      api::DeleteResponse*) override {
    return rules_.answer(*context, "DeleteDevice",
                         [&] { return erase(cluster_.devices, request->id(), "device"); });
  }

  Status ListHistory(ServerContext* context, const api::ListHistoryRequest* request,
                     api::ListHistoryResponse* response) override {
    return rules_.answer(*context, "ListHistory", [&] {
      response->set_next_token(rules_.page(
          request->page(), cluster_.history,
          [&](const api::HistoryEntry& entry) {
            return (request->kind().empty() || entry.kind() == request->kind()) &&
                   (request->id() == 0 || entry.object_id() == request->id());
          },
          response->mutable_entries()));
      return Status::OK;
    });
  }

 private:
  template <class Item>
  Status get(const ServerContext& context, const std::string& method,
             const std::vector<Item>& items, std::uint64_t id, const std::string& what,
             Item* response) {
    return rules_.answer(context, method, [&] {
      const auto* item = find(items, by_id(id));
      if (item == nullptr) return missing(what);
      *response = *item;
      return Status::OK;
    });
  }

  template <class Item>
  Status erase(std::vector<Item>& items, std::uint64_t id, const std::string& what) {
    return std::erase_if(items, by_id(id)) == 0 ? missing(what) : Status::OK;
  }

  /// Paths are numbers from the platform down: "1.4" covers "1.4" and "1.4.9".
  bool covers(const std::string& path) {
    if (!cluster_.obeys_scope || cluster_.token.scope.empty()) return true;
    return (path + ".").starts_with(cluster_.token.scope + ".");
  }

  bool covers_tenant(std::uint64_t id) {
    const auto* account = find(cluster_.accounts, by_id(id));
    return account != nullptr && covers(account->path());
  }

  const Domain* named_domain(const std::string& name) {
    return find(cluster_.domains, [&](const Domain& domain) { return domain.name() == name; });
  }

  User* named_user(const api::UserName& name) {
    return find(cluster_.users, [&](const User& user) {
      return name.id() != 0
                 ? user.id() == name.id()
                 : user.domain() == name.domain() && user.extension() == name.extension();
    });
  }

  /// A password that was given, or one of its own.
  std::string keep(const std::string& whose, const std::string& given) {
    auto password = given.empty() ? "made-" + std::to_string(rules_.next_id()) : given;
    cluster_.passwords[whose] = password;
    return password;
  }

  ManagementRules& rules_;
  ManagedCluster& cluster_;
};

}  // namespace

std::unique_ptr<grpc::Service> fake_provisioning(ManagementRules& rules) {
  return std::make_unique<Provisioning>(rules);
}

}  // namespace pbx::fakes
