#pragma once

#include <cstdint>
#include <string_view>

#include "core/key_ring.hpp"
#include "directory/directory.hpp"

namespace pbx::state::v1 {
class Binding;
}

namespace pbx::registrar {

/// Tells by which password a binding was made, without telling the password: 32 bits of a keyed
/// hash, its key derived from the cluster's and named beside it. So whoever follows a password
/// change, however late, leaves alone what the phone has registered with the new one.
///
/// A tag outlives the change of the cluster's key: every key of the ring reads the tags that it
/// made. When a key is gone its tags are as good as none (Made::Unknown): a changed password takes
/// their bindings, a restoration brings them back. That is so for an hour at most, as each refresh
/// tags anew, or for a day in the topic. Thread-safe.
class CredentialTags {
 public:
  explicit CredentialTags(const KeyRing& keys) : hashes_{keys, "binding credential"} {}

  /// Writes the tag of the login's password.
  void mark(state::v1::Binding& binding, const directory::Login& login) const;

  enum class Made : std::uint8_t {
    WithIt,
    WithAnother,  ///< Or there is no such user, device or password (any more).
    Unknown,      ///< No tag, or of a key that is gone.
  };
  /// Whether a binding was made with the password that the directory has now. Null: nobody.
  Made matches(const state::v1::Binding& binding, const directory::User* user) const;
  Made matches(const state::v1::Binding& binding, const directory::Device* device) const;

 private:
  Made compare(const state::v1::Binding& binding, std::string_view ha1_md5) const;

  const KeyedHashes hashes_;
};

}  // namespace pbx::registrar
