#pragma once

#include <optional>
#include <string_view>

#include "pbx/events/v1/directory.pb.h"
#include "pbx/provisioning/v1/provisioning.pb.h"
#include "provisioning/adapters/change.hpp"

// How objects are read. Each select ends before its WHERE, so that callers add their own.
namespace pbx::provisioning {

using StoredAccount = Stored<events::v1::Account>;
using StoredDomain = Stored<events::v1::Domain>;
using StoredUser = Stored<events::v1::User>;
using StoredDevice = Stored<events::v1::Device>;

inline constexpr std::string_view kSelectAccounts =
    "SELECT a.id, a.path::text, a.revision, a.parent_id, a.kind, a.name, a.suspended,"
    " a.max_calls, a.max_user_calls"
    " FROM accounts a";
inline constexpr std::string_view kSelectDomains =
    "SELECT d.id, d.path::text, d.revision, d.tenant_id, d.name FROM domains d";
inline constexpr std::string_view kSelectUsers =
    "SELECT u.id, u.path::text, u.revision, u.tenant_id, d.name, u.extension, u.display_name,"
    " u.suspended, u.max_bindings, u.max_calls, c.username, c.realm, c.ha1_md5, c.ha1_sha256"
    " FROM users u JOIN domains d ON d.id = u.domain_id LEFT JOIN credentials c ON c.user_id = "
    "u.id";
inline constexpr std::string_view kSelectDevices =
    "SELECT v.id, v.path::text, v.revision, v.tenant_id, v.user_id, v.kind, v.name, v.mac,"
    " v.caller_identity, c.username, c.realm, c.ha1_md5, c.ha1_sha256"
    " FROM devices v LEFT JOIN credentials c ON c.device_id = v.id";

StoredAccount to_account(postgres::Row row);
StoredDomain to_domain(postgres::Row row);
StoredUser to_user(postgres::Row row);
StoredDevice to_device(postgres::Row row);

enum class Lock { None, Row };

/// Refuses with a sentence that names what was looked for.
Outcome<StoredAccount> find_account(Change& change, std::uint64_t id, Lock lock);
Outcome<StoredDomain> find_domain(Change& change, std::string_view name);
Outcome<StoredUser> find_user(Change& change, const v1::UserName& name, Lock lock);
Outcome<StoredDevice> find_device(Change& change, std::uint64_t id, Lock lock);

/// The one credential of a user or device, new or changed.
void write_credential(Change& change, const StoredUser& user);
void write_credential(Change& change, const StoredDevice& device);

/// Row after row until the page is full; `next` is the token of the page after it, if there is one.
template <class Add>
void fill_page(const postgres::Rows& rows, std::uint32_t size, std::string* next, Add add) {
  std::uint32_t taken = 0;
  std::uint64_t last = 0;
  for (const auto row : rows) {
    if (taken++ == size) {
      *next = std::to_string(last);
      return;
    }
    last = row[0].u64();
    add(row);
  }
}

}  // namespace pbx::provisioning
