#pragma once

#include <cstdint>
#include <string_view>

#include "core/keyed_hash.hpp"
#include "core/secret.hpp"
#include "directory/directory.hpp"

namespace pbx::registrar {

/// Tells by which password a binding was made, without telling the password: 32 bits of a keyed
/// hash, its key derived from the cluster's. So whoever follows a password change, however late,
/// leaves alone what the phone has registered with the new one. Thread-safe.
class CredentialTags {
 public:
  explicit CredentialTags(const Secret& cluster_key) : hash_{cluster_key, "binding credential"} {}

  std::uint32_t of(const directory::Login& login) const { return tag(login.ha1_md5.view()); }
  /// What the directory says now. 0: nobody is there, or has a password.
  std::uint32_t of(const directory::User* user) const;
  std::uint32_t of(const directory::Device* device) const;

 private:
  /// Never 0. The MD5 HA1 stands for the password: it changes with it, as the SHA-256 one does.
  std::uint32_t tag(std::string_view ha1_md5) const;

  const KeyedHash hash_;
};

}  // namespace pbx::registrar
