#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "pbx/events/v1/directory.pb.h"
#include "pbx/provisioning/v1/provisioning.pb.h"

namespace pbx::pbxctl {

class Client;

/// A user's address: 1001@hq.north.pbx.test
struct Aor {
  std::string user;
  std::string domain;

  std::string text() const { return user + "@" + domain; }
};

/// With or without "sip:"; the domain in lower case. Throws UsageError.
Aor parse_aor(std::string_view text);

provisioning::v1::UserName user_name(const Aor& aor);

/// The words that people use for tenants, domains, users and devices, and the numbers behind them.
/// Look-ups throw Refusal when there is nothing of that name.
class Names {
 public:
  explicit Names(Client& client) : client_{client} {}

  /// By name path ("hq.north": hq below north) or "id:9".
  events::v1::Account tenant(const std::string& path);
  events::v1::Domain domain(const std::string& name);
  events::v1::User user(const Aor& aor);
  /// By "name@domain", by its number or "id:5".
  events::v1::Device device(const std::string& reference);

  /// The name path of an account; "id:9" when it cannot be seen or nobody can be asked: a name is
  /// never worth a failure. Empty for 0.
  std::string tenant_name(std::uint64_t id);
  /// The AoR of a user.
  std::string user_name(std::uint64_t tenant_id, std::uint64_t user_id);

  /// Every client that may be seen: accounts that users, phones and calls belong to.
  std::vector<std::uint64_t> clients();
  /// Whether the scope covers the account.
  bool covers(std::uint64_t id) { return account(id) != nullptr; }

  /// An account that was already read.
  void learn(const events::v1::Account& account);

 private:
  const events::v1::Account* account(std::uint64_t id);
  const events::v1::Account* glimpse(std::uint64_t id);
  void load_accounts();

  Client& client_;
  std::map<std::uint64_t, events::v1::Account> accounts_;  ///< Id 0 in the value: cannot be seen.
  bool all_accounts_ = false;
  bool blind_ = false;  ///< A glimpse failed; no more of them.
  std::map<std::uint64_t, std::string> users_;
  std::map<std::uint64_t, bool> tenants_with_users_;
};

/// "reseller", "client", "platform"
std::string kind_word(events::v1::AccountKind kind);

}  // namespace pbx::pbxctl
