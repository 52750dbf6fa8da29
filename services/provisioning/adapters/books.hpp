#pragma once

#include <string>

#include "pbx/provisioning/v1/provisioning.pb.h"
#include "postgres/pool.hpp"
#include "provisioning/domain/outcome.hpp"

namespace pbx::provisioning {

struct Metrics;

/// On whose behalf something is done.
struct Actor {
  std::string name;   ///< For the history.
  std::string scope;  ///< Account path; what lies elsewhere does not exist for this caller.
};

/// The management database. Each change is one transaction: the row, its history row and its outbox
/// row. Every method blocks; any number may run at once.
class Books {
 public:
  Books(postgres::Pool& pool, Metrics& metrics) : pool_{pool}, metrics_{metrics} {}

  Outcome<events::v1::Account> create_account(const Actor&, const v1::CreateAccountRequest&);
  Outcome<events::v1::Account> get_account(const Actor&, const v1::GetAccountRequest&);
  Outcome<v1::ListAccountsResponse> list_accounts(const Actor&, const v1::ListAccountsRequest&);
  Outcome<events::v1::Account> update_account(const Actor&, const v1::UpdateAccountRequest&);
  Outcome<v1::DeleteResponse> delete_account(const Actor&, const v1::DeleteAccountRequest&);

  Outcome<events::v1::Domain> create_domain(const Actor&, const v1::CreateDomainRequest&);
  Outcome<events::v1::Domain> get_domain(const Actor&, const v1::GetDomainRequest&);
  Outcome<v1::ListDomainsResponse> list_domains(const Actor&, const v1::ListDomainsRequest&);
  Outcome<v1::DeleteResponse> delete_domain(const Actor&, const v1::DeleteDomainRequest&);

  Outcome<v1::UserWithPassword> create_user(const Actor&, const v1::CreateUserRequest&);
  Outcome<events::v1::User> get_user(const Actor&, const v1::GetUserRequest&);
  Outcome<v1::ListUsersResponse> list_users(const Actor&, const v1::ListUsersRequest&);
  Outcome<v1::UserWithPassword> update_user(const Actor&, const v1::UpdateUserRequest&);
  Outcome<v1::DeleteResponse> delete_user(const Actor&, const v1::DeleteUserRequest&);

  Outcome<v1::DeviceWithPassword> create_device(const Actor&, const v1::CreateDeviceRequest&);
  Outcome<events::v1::Device> get_device(const Actor&, const v1::GetDeviceRequest&);
  Outcome<v1::ListDevicesResponse> list_devices(const Actor&, const v1::ListDevicesRequest&);
  Outcome<v1::DeviceWithPassword> update_device(const Actor&, const v1::UpdateDeviceRequest&);
  Outcome<v1::DeleteResponse> delete_device(const Actor&, const v1::DeleteDeviceRequest&);

  Outcome<v1::ListHistoryResponse> list_history(const Actor&, const v1::ListHistoryRequest&);

 private:
  postgres::Pool& pool_;
  Metrics& metrics_;
};

}  // namespace pbx::provisioning
