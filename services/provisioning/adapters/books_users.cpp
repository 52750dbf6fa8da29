#include "provisioning/adapters/rows.hpp"
#include "provisioning/domain/credential.hpp"
#include "provisioning/domain/paging.hpp"
#include "provisioning/domain/validation.hpp"

namespace pbx::provisioning {
namespace {

v1::UserWithPassword answer(const StoredUser& user, const std::string& password) {
  v1::UserWithPassword response;
  *response.mutable_user() = without_secrets(user.object);
  response.set_password(password);
  return response;
}

void delete_devices_of(Change& change, std::uint64_t user_id) {
  const auto rows = change.exec(
      std::string{kSelectDevices} + " WHERE v.user_id = $1 ORDER BY v.id FOR UPDATE OF v", user_id);
  for (const auto row : rows) {
    const auto device = to_device(row);
    change.exec("DELETE FROM devices WHERE id = $1", device.object.id());
    change.deleted("device", device);
  }
}

}  // namespace

Outcome<v1::UserWithPassword> Books::create_user(const Actor& actor,
                                                 const v1::CreateUserRequest& request) {
  PBX_TRY(const auto number, extension(request.extension()));
  PBX_TRY(const auto shown, display_name(request.display_name()));
  PBX_TRY(const auto bindings, max_bindings(request.max_bindings()));
  PBX_TRY(const auto calls, max_calls("max_calls", request.max_calls()));
  PBX_TRY(const auto secret, request.password().empty() ? Outcome<std::string>{random_password()}
                                                        : password(request.password()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::UserWithPassword> {
    PBX_TRY(const auto domain, find_domain(change, request.domain()));
    StoredUser user;
    auto& object = user.object;
    object.set_tenant_id(domain.object.tenant_id());
    object.set_domain(domain.object.name());
    object.set_extension(number);
    object.set_display_name(shown);
    object.set_max_bindings(bindings);
    object.set_max_calls(calls);
    *object.mutable_credential() = make_credential(number, object.domain(), secret);
    user.path = domain.path;
    user.revision = change.next_revision();
    const auto inserted = change.exec(
        "INSERT INTO users (tenant_id, path, domain_id, extension, display_name, max_bindings,"
        " max_calls, revision) VALUES ($1, $2::ltree, $3, $4, $5, $6, $7, $8)"
        " ON CONFLICT (tenant_id, extension) DO NOTHING RETURNING id",
        object.tenant_id(), user.path, domain.object.id(), number, shown, bindings, calls,
        user.revision);
    if (inserted.empty()) return exists("The client has a user " + number + " already.");
    object.set_id(inserted.front()[0].u64());
    write_credential(change, user);
    change.created("user", user);
    return answer(user, secret);
  });
}

Outcome<events::v1::User> Books::get_user(const Actor& actor, const v1::GetUserRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<events::v1::User> {
    PBX_TRY(auto user, find_user(change, request.name(), Lock::None));
    return without_secrets(std::move(user.object));
  });
}

Outcome<v1::ListUsersResponse> Books::list_users(const Actor& actor,
                                                 const v1::ListUsersRequest& request) {
  PBX_TRY(const auto page, page_of(request.page()));
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::ListUsersResponse> {
    v1::ListUsersResponse response;
    const auto rows = change.exec(std::string{kSelectUsers} +
                                      " WHERE u.id > $1 AND ($2::bigint = 0 OR u.tenant_id = $2)"
                                      " AND ($3 = '' OR d.name = lower($3))"
                                      " ORDER BY u.id LIMIT $4",
                                  page.after, request.tenant_id(), request.domain(), page.size + 1);
    fill_page(rows, page.size, response.mutable_next_token(), [&](postgres::Row row) {
      *response.add_users() = without_secrets(to_user(row).object);
    });
    return response;
  });
}

Outcome<v1::UserWithPassword> Books::update_user(const Actor& actor,
                                                 const v1::UpdateUserRequest& request) {
  std::string secret;
  if (request.has_password()) {
    PBX_TRY(secret, request.password().empty() ? Outcome<std::string>{random_password()}
                                               : password(request.password()));
  }
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::UserWithPassword> {
    PBX_TRY(auto user, find_user(change, request.name(), Lock::Row));
    auto& object = user.object;
    const auto before = object;
    if (request.has_display_name()) {
      PBX_TRY(const auto shown, display_name(request.display_name()));
      object.set_display_name(shown);
    }
    if (request.has_max_bindings()) {
      PBX_TRY(const auto bindings, max_bindings(request.max_bindings()));
      object.set_max_bindings(bindings);
    }
    if (request.has_max_calls()) {
      PBX_TRY(const auto calls, max_calls("max_calls", request.max_calls()));
      object.set_max_calls(calls);
    }
    if (request.has_suspended()) object.set_suspended(request.suspended());
    if (!secret.empty()) {
      *object.mutable_credential() = make_credential(object.extension(), object.domain(), secret);
      write_credential(change, user);
    } else if (object.SerializeAsString() == before.SerializeAsString()) {
      return answer(user, secret);
    }
    user.revision = change.next_revision();
    change.exec(
        "UPDATE users SET display_name = $2, suspended = $3, max_bindings = $4, max_calls = $5,"
        " revision = $6 WHERE id = $1",
        object.id(), object.display_name(), object.suspended(), object.max_bindings(),
        object.max_calls(), user.revision);
    change.updated("user", before, user, !secret.empty());
    return answer(user, secret);
  });
}

Outcome<v1::DeleteResponse> Books::delete_user(const Actor& actor,
                                               const v1::DeleteUserRequest& request) {
  return in_change(pool_, metrics_, actor, [&](Change& change) -> Outcome<v1::DeleteResponse> {
    PBX_TRY(const auto user, find_user(change, request.name(), Lock::Row));
    delete_devices_of(change, user.object.id());
    change.exec("DELETE FROM users WHERE id = $1", user.object.id());
    change.deleted("user", user);
    return v1::DeleteResponse{};
  });
}

}  // namespace pbx::provisioning
