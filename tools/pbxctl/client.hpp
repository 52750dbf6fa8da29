#pragma once

#include <memory>
#include <optional>
#include <string>

namespace pbx::events::v1 {
class Account;
class Device;
class Domain;
class User;
}  // namespace pbx::events::v1
namespace pbx::state::v1 {
class DialogRecord;
}
namespace pbx::provisioning::v1 {
class CreateAccountRequest;
class CreateDeviceRequest;
class CreateDomainRequest;
class CreateUserRequest;
class DeleteAccountRequest;
class DeleteDeviceRequest;
class DeleteDomainRequest;
class DeleteUserRequest;
class DeviceWithPassword;
class GetAccountRequest;
class GetDeviceRequest;
class GetDomainRequest;
class GetUserRequest;
class ListAccountsRequest;
class ListAccountsResponse;
class ListDevicesRequest;
class ListDevicesResponse;
class ListDomainsRequest;
class ListDomainsResponse;
class ListHistoryRequest;
class ListHistoryResponse;
class ListUsersRequest;
class ListUsersResponse;
class UpdateAccountRequest;
class UpdateDeviceRequest;
class UpdateUserRequest;
class UserWithPassword;
}  // namespace pbx::provisioning::v1
namespace pbx::registrar::v1 {
class ListBindingsRequest;
class ListBindingsResponse;
class RemoveBindingsRequest;
class RemoveBindingsResponse;
}  // namespace pbx::registrar::v1
namespace pbx::proxy::v1 {
class GetCallRequest;
class HangUpRequest;
class ListCallsRequest;
class ListCallsResponse;
class ListNodesRequest;
class ListNodesResponse;
}  // namespace pbx::proxy::v1
namespace pbx::billing::v1 {
class Cdr;
class GetCdrRequest;
class ListCdrsRequest;
class ListCdrsResponse;
}  // namespace pbx::billing::v1

namespace pbx::pbxctl {

struct Settings;

/// The services' methods that pbxctl uses, by request. Each waits for the answer; anything but
/// success throws ServiceError, except that find() gives nothing for what is not there. A service
/// is connected to when it is first asked.
class Client {
 public:
  /// `settings` must outlive it; a scope set later counts for the requests after it.
  explicit Client(const Settings& settings);
  ~Client();

  events::v1::Account create(const provisioning::v1::CreateAccountRequest& request);
  events::v1::Domain create(const provisioning::v1::CreateDomainRequest& request);
  provisioning::v1::UserWithPassword create(const provisioning::v1::CreateUserRequest& request);
  provisioning::v1::DeviceWithPassword create(const provisioning::v1::CreateDeviceRequest& request);

  std::optional<events::v1::Account> find(const provisioning::v1::GetAccountRequest& request);
  std::optional<events::v1::Domain> find(const provisioning::v1::GetDomainRequest& request);
  std::optional<events::v1::User> find(const provisioning::v1::GetUserRequest& request);
  std::optional<events::v1::Device> find(const provisioning::v1::GetDeviceRequest& request);
  std::optional<state::v1::DialogRecord> find(const proxy::v1::GetCallRequest& request);
  std::optional<billing::v1::Cdr> find(const billing::v1::GetCdrRequest& request);

  provisioning::v1::ListAccountsResponse list(const provisioning::v1::ListAccountsRequest& request);
  provisioning::v1::ListDomainsResponse list(const provisioning::v1::ListDomainsRequest& request);
  provisioning::v1::ListUsersResponse list(const provisioning::v1::ListUsersRequest& request);
  provisioning::v1::ListDevicesResponse list(const provisioning::v1::ListDevicesRequest& request);
  provisioning::v1::ListHistoryResponse list(const provisioning::v1::ListHistoryRequest& request);
  registrar::v1::ListBindingsResponse list(const registrar::v1::ListBindingsRequest& request);
  proxy::v1::ListCallsResponse list(const proxy::v1::ListCallsRequest& request);
  proxy::v1::ListNodesResponse list(const proxy::v1::ListNodesRequest& request);
  billing::v1::ListCdrsResponse list(const billing::v1::ListCdrsRequest& request);

  events::v1::Account update(const provisioning::v1::UpdateAccountRequest& request);
  provisioning::v1::UserWithPassword update(const provisioning::v1::UpdateUserRequest& request);
  provisioning::v1::DeviceWithPassword update(const provisioning::v1::UpdateDeviceRequest& request);

  void remove(const provisioning::v1::DeleteAccountRequest& request);
  void remove(const provisioning::v1::DeleteDomainRequest& request);
  void remove(const provisioning::v1::DeleteUserRequest& request);
  void remove(const provisioning::v1::DeleteDeviceRequest& request);
  registrar::v1::RemoveBindingsResponse remove(const registrar::v1::RemoveBindingsRequest& request);
  void hang_up(const proxy::v1::HangUpRequest& request);

 private:
  struct Servers;
  std::unique_ptr<Servers> servers_;
};

}  // namespace pbx::pbxctl
