#include "provisioning/adapters/rows.hpp"
#include "provisioning/domain/credential.hpp"
#include "provisioning/domain/paging.hpp"
#include "provisioning/domain/validation.hpp"

namespace pbx::provisioning {
namespace {

v1::DeviceWithPassword answer(const StoredDevice& device, const std::string& password) {
  v1::DeviceWithPassword response;
  *response.mutable_device() = without_secrets(device.object);
  response.set_password(password);
  return response;
}

/// Names are unique within the client, MAC addresses in the whole platform.
Outcome<Done> check_unique(Change& change, const events::v1::Device& device) {
  const auto same =
      change.exec("SELECT 1 FROM devices WHERE tenant_id = $1 AND name = $2 AND id <> $3",
                  device.tenant_id(), device.name(), device.id());
  if (!same.empty()) return exists("The client has a device " + device.name() + " already.");
  return Done{};
}

Refusal mac_taken(const events::v1::Device& device) {
  return exists("mac: a device with the address " + device.mac() + " exists already");
}

}  // namespace

Outcome<v1::DeviceWithPassword> Books::create_device(const Actor& actor,
                                                     const v1::CreateDeviceRequest& request) {
  PBX_TRY(const auto name, device_name(request.name()));
  PBX_TRY(const auto address, mac(request.mac()));
  PBX_CHECK_OK(mac_for(request.kind(), address));
  PBX_TRY(const auto identity, caller_identity(request.caller_identity()));
  PBX_TRY(const auto secret, request.password().empty() ? Outcome<std::string>{random_password()}
                                                        : password(request.password()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeviceWithPassword> {
    PBX_TRY(const auto user, find_user(change, request.user(), Lock::Row));
    StoredDevice device;
    auto& object = device.object;
    object.set_tenant_id(user.object.tenant_id());
    object.set_user_id(user.object.id());
    object.set_kind(request.kind());
    object.set_name(name);
    object.set_mac(address);
    object.set_caller_identity(identity);
    device.path = user.path;
    PBX_CHECK_OK(check_unique(change, object));
    device.revision = change.next_revision();
    const auto inserted = change.exec(
        "INSERT INTO devices (tenant_id, path, user_id, kind, name, mac, caller_identity,"
        " revision) VALUES ($1, $2::ltree, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT DO NOTHING RETURNING id",
        object.tenant_id(), device.path, object.user_id(), static_cast<int>(object.kind()), name,
        address, static_cast<int>(identity), device.revision);
    if (inserted.empty()) return mac_taken(object);
    object.set_id(inserted.front()[0].u64());
    *object.mutable_credential() =
        make_credential(device_username(object.id()), user.object.domain(), secret);
    write_credential(change, device);
    change.created("device", device);
    return answer(device, secret);
  });
}

Outcome<events::v1::Device> Books::get_device(const Actor& actor,
                                              const v1::GetDeviceRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::Device> {
    PBX_TRY(auto device, find_device(change, request.id(), Lock::None));
    return without_secrets(std::move(device.object));
  });
}

Outcome<v1::ListDevicesResponse> Books::list_devices(const Actor& actor,
                                                     const v1::ListDevicesRequest& request) {
  PBX_TRY(const auto page, page_of(request.page()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::ListDevicesResponse> {
    std::uint64_t user_id = 0;
    if (request.has_user()) {
      PBX_TRY(const auto user, find_user(change, request.user(), Lock::None));
      user_id = user.object.id();
    }
    v1::ListDevicesResponse response;
    const auto rows =
        change.exec(std::string{kSelectDevices} +
                        " WHERE v.id > $1 AND ($2::bigint = 0 OR v.tenant_id = $2)"
                        " AND ($3::bigint = 0 OR v.user_id = $3) ORDER BY v.id LIMIT $4",
                    page.after, request.tenant_id(), user_id, page.size + 1);
    fill_page(rows, page.size, response.mutable_next_token(), [&](postgres::Row row) {
      *response.add_devices() = without_secrets(to_device(row).object);
    });
    return response;
  });
}

Outcome<v1::DeviceWithPassword> Books::update_device(const Actor& actor,
                                                     const v1::UpdateDeviceRequest& request) {
  std::string secret;
  if (request.has_password()) {
    PBX_TRY(secret, request.password().empty() ? Outcome<std::string>{random_password()}
                                               : password(request.password()));
  }
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeviceWithPassword> {
    PBX_TRY(auto device, find_device(change, request.id(), Lock::Row));
    auto& object = device.object;
    const auto before = object;
    if (request.has_name()) {
      PBX_TRY(const auto name, device_name(request.name()));
      object.set_name(name);
      PBX_CHECK_OK(check_unique(change, object));
    }
    if (request.has_mac()) {
      PBX_TRY(const auto address, mac(request.mac()));
      PBX_CHECK_OK(mac_for(object.kind(), address));
      object.set_mac(address);
    }
    if (request.has_caller_identity()) {
      PBX_TRY(const auto identity, caller_identity(request.caller_identity()));
      object.set_caller_identity(identity);
    }
    if (!secret.empty()) {
      *object.mutable_credential() =
          make_credential(object.credential().username(), object.credential().realm(), secret);
      write_credential(change, device);
    } else if (object.SerializeAsString() == before.SerializeAsString()) {
      return answer(device, secret);
    }
    device.revision = change.next_revision();
    change.exec(
        "UPDATE devices SET name = $2, mac = $3, caller_identity = $4, revision = $5 WHERE id = $1",
        object.id(), object.name(), object.mac(), static_cast<int>(object.caller_identity()),
        device.revision);
    change.updated("device", before, device, !secret.empty());
    return answer(device, secret);
  });
}

Outcome<v1::DeleteResponse> Books::delete_device(const Actor& actor,
                                                 const v1::DeleteDeviceRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeleteResponse> {
    PBX_TRY(const auto device, find_device(change, request.id(), Lock::Row));
    change.exec("DELETE FROM devices WHERE id = $1", request.id());
    change.deleted("device", device);
    return v1::DeleteResponse{};
  });
}

}  // namespace pbx::provisioning
