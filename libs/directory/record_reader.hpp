#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

#include "directory/accounts.hpp"
#include "directory/records.hpp"

namespace pbx::events::v1 {
class Account;
class Device;
class Domain;
class User;
}  // namespace pbx::events::v1

namespace pbx::directory {

/// A key of the topic `config`: `user/12`.
struct RecordKey {
  enum class Kind { Account, Domain, User, Device, Epoch };

  Kind kind = Kind::Account;
  std::uint64_t id = 0;
};
std::optional<RecordKey> parse_key(std::string_view key);

/// Where a record stands in time: revisions compare within an epoch only.
struct Version {
  std::uint32_t epoch = 0;
  std::uint64_t revision = 0;
};

/// Turns messages of the topic into the directory's own records. Null: not a valid record.
class RecordReader {
 public:
  explicit RecordReader(Accounts& accounts) : accounts_{accounts} {}

  std::optional<Accounts::Account> account(const events::v1::Account& from, Version version);
  std::shared_ptr<const Domain> domain(const events::v1::Domain& from, Version version);
  std::shared_ptr<const User> user(const events::v1::User& from, Version version);
  std::shared_ptr<const Device> device(const events::v1::Device& from, Version version);

 private:
  /// Domain names are kept once, for life: records point to them.
  const std::string* name_of(std::string_view host);

  Accounts& accounts_;
  std::unordered_set<std::string> names_;
};

}  // namespace pbx::directory
