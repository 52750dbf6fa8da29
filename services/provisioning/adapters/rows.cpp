#include "provisioning/adapters/rows.hpp"

namespace pbx::provisioning {
namespace {

template <class Object>
Stored<Object> begin(postgres::Row row) {
  Stored<Object> stored;
  stored.object.set_id(row[0].u64());
  stored.path = row[1].str();
  stored.revision = row[2].u64();
  return stored;
}

/// username, realm, ha1_md5, ha1_sha256 from `column` on.
template <class Object>
void read_credential(postgres::Row row, int column, Object& object) {
  if (row[column].is_null()) return;
  auto& credential = *object.mutable_credential();
  credential.set_username(row[column].str());
  credential.set_realm(row[column + 1].str());
  credential.set_ha1_md5(row[column + 2].str());
  credential.set_ha1_sha256(row[column + 3].str());
}

std::string sql_of(std::string_view select, std::string_view where, std::string_view lock,
                   Lock wanted) {
  std::string sql{select};
  sql.append(where);
  if (wanted == Lock::Row) sql.append(lock);
  return sql;
}

void write_credential(Change& change, const char* owner, std::uint64_t id, std::uint64_t tenant,
                      std::string_view path, const events::v1::Credential& credential) {
  const std::string column{owner};
  change.exec("INSERT INTO credentials (tenant_id, path, " + column +
                  ", username, realm, ha1_md5, ha1_sha256)"
                  " VALUES ($1, $2::ltree, $3, $4, $5, $6, $7)"
                  " ON CONFLICT (" +
                  column +
                  ") DO UPDATE SET username = excluded.username, realm = excluded.realm,"
                  " ha1_md5 = excluded.ha1_md5, ha1_sha256 = excluded.ha1_sha256",
              tenant, path, id, credential.username(), credential.realm(), credential.ha1_md5(),
              credential.ha1_sha256());
}

}  // namespace

StoredAccount to_account(postgres::Row row) {
  auto stored = begin<events::v1::Account>(row);
  stored.object.set_parent_id(row[3].u64());
  stored.object.set_kind(static_cast<events::v1::AccountKind>(row[4].u32()));
  stored.object.set_name(row[5].str());
  stored.object.set_path(stored.path);
  stored.object.set_suspended(row[6].boolean());
  stored.object.set_max_calls(row[7].u32());
  stored.object.set_max_user_calls(row[8].u32());
  return stored;
}

StoredDomain to_domain(postgres::Row row) {
  auto stored = begin<events::v1::Domain>(row);
  stored.object.set_tenant_id(row[3].u64());
  stored.object.set_name(row[4].str());
  return stored;
}

StoredUser to_user(postgres::Row row) {
  auto stored = begin<events::v1::User>(row);
  stored.object.set_tenant_id(row[3].u64());
  stored.object.set_domain(row[4].str());
  stored.object.set_extension(row[5].str());
  stored.object.set_display_name(row[6].str());
  stored.object.set_suspended(row[7].boolean());
  stored.object.set_max_bindings(row[8].u32());
  stored.object.set_max_calls(row[9].u32());
  read_credential(row, 10, stored.object);
  return stored;
}

StoredDevice to_device(postgres::Row row) {
  auto stored = begin<events::v1::Device>(row);
  stored.object.set_tenant_id(row[3].u64());
  stored.object.set_user_id(row[4].u64());
  stored.object.set_kind(static_cast<events::v1::DeviceKind>(row[5].u32()));
  stored.object.set_name(row[6].str());
  stored.object.set_mac(row[7].str());
  stored.object.set_caller_identity(static_cast<events::v1::CallerIdentity>(row[8].u32()));
  read_credential(row, 9, stored.object);
  return stored;
}

Outcome<StoredAccount> find_account(Change& change, std::uint64_t id, Lock lock) {
  const auto rows =
      change.exec(sql_of(kSelectAccounts, " WHERE a.id = $1", " FOR UPDATE OF a", lock), id);
  if (rows.empty()) return not_found("There is no account " + std::to_string(id) + ".");
  return to_account(rows.front());
}

Outcome<StoredDomain> find_domain(Change& change, std::string_view name) {
  const auto rows =
      change.exec(sql_of(kSelectDomains, " WHERE d.name = lower($1)", "", Lock::None), name);
  if (rows.empty()) return not_found("There is no domain " + std::string{name} + ".");
  return to_domain(rows.front());
}

Outcome<StoredUser> find_user(Change& change, const v1::UserName& name, Lock lock) {
  constexpr std::string_view kLock = " FOR UPDATE OF u";
  if (name.id() != 0) {
    const auto rows = change.exec(sql_of(kSelectUsers, " WHERE u.id = $1", kLock, lock), name.id());
    if (rows.empty()) return not_found("There is no user " + std::to_string(name.id()) + ".");
    return to_user(rows.front());
  }
  if (name.domain().empty() || name.extension().empty()) {
    return invalid("name: give an id, or a domain and an extension");
  }
  const auto rows = change.exec(
      sql_of(kSelectUsers, " WHERE d.name = lower($1) AND u.extension = $2", kLock, lock),
      name.domain(), name.extension());
  if (rows.empty()) {
    return not_found("There is no user " + name.extension() + "@" + name.domain() + ".");
  }
  return to_user(rows.front());
}

Outcome<StoredDevice> find_device(Change& change, std::uint64_t id, Lock lock) {
  const auto rows =
      change.exec(sql_of(kSelectDevices, " WHERE v.id = $1", " FOR UPDATE OF v", lock), id);
  if (rows.empty()) return not_found("There is no device " + std::to_string(id) + ".");
  return to_device(rows.front());
}

void write_credential(Change& change, const StoredUser& user) {
  write_credential(change, "user_id", user.object.id(), user.object.tenant_id(), user.path,
                   user.object.credential());
}

void write_credential(Change& change, const StoredDevice& device) {
  write_credential(change, "device_id", device.object.id(), device.object.tenant_id(), device.path,
                   device.object.credential());
}

}  // namespace pbx::provisioning
