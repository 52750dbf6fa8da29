#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "core/ids.hpp"
#include "directory/change.hpp"
#include "directory/records.hpp"

namespace pbx::directory {

/// What a digest check needs (RFC 3261 §22, RFC 8760), whoever's credential it was.
struct Login {
  TenantId tenant;
  UserId user;
  DeviceId device;  ///< 0: the user's own credential.
  HexMd5 ha1_md5;
  HexSha256 ha1_sha256;
  bool suspended = false;          ///< The user, or an account above it.
  std::uint32_t max_bindings = 0;  ///< 0: the registrar's default.
  /// In progress, made by the user; 0: the proxy's default.
  std::uint32_t max_calls = 0;
  std::uint32_t max_tenant_calls = 0;  ///< In progress; 0: no limit.
  std::string extension;               ///< User part of the AoR that this login may register.
  std::string domain;
};

/// All accounts, domains, users and devices in memory, filled from the topic `config` and followed
/// from there (design rule 1). Records may come in any order: a user before its domain, a device
/// before its user; each is visible once what it stands on is there.
///
/// Thread-safe: any thread may look up while one applies. What a look-up gives is a snapshot that
/// stays as it was, except for suspension, which is live. It must not outlive the directory.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;

  /// One record of the topic: key `kind/id`, payload a ConfigRecord; none or an empty one deletes.
  /// False: not understood (counted, nothing changed) or older than what is known.
  bool apply(std::string_view key, std::optional<std::string_view> payload);

  /// Host names are compared without regard to case. Null: unknown.
  std::shared_ptr<const Domain> domain(std::string_view name) const;
  /// Null unless the user and its domain are there and belong to the same tenant.
  std::shared_ptr<const User> user(std::string_view domain, std::string_view extension) const;
  std::shared_ptr<const User> user(UserId id) const;
  std::shared_ptr<const Device> device(DeviceId id) const;
  /// By digest realm (= domain) and user name, of a user or a device.
  std::optional<Login> login(std::string_view realm, std::string_view username) const;
  /// Null: nothing was heard of such an account.
  const Tenant* tenant(TenantId id) const;
  /// Of an account, "1.4.9": where it lies in the tree. Empty: there is no such account.
  std::string path(TenantId id) const;

  /// Called on the applying thread after the directory shows the change, with no lock held.
  /// Subscribe before the first apply(), or after catching up to skip what is past; not while
  /// another thread applies. For life.
  void on_change(std::function<void(const Change&)> listener);

  struct Counts {
    std::size_t accounts = 0, domains = 0, users = 0, devices = 0;
  };
  Counts counts() const;
  std::uint64_t malformed() const;  ///< Records that were not understood.
  std::uint64_t revision() const;   ///< Highest seen.
  /// The last database whose objects are all here; empty until then.
  std::string epoch() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace pbx::directory
