#include "registrar/domain/credential_tags.hpp"

#include <algorithm>

#include "pbx/state/v1/binding.pb.h"

namespace pbx::registrar {
namespace {

constexpr std::uint32_t kLargestKey = 255;

/// Never 0. The MD5 HA1 stands for the password: it changes with it, as the SHA-256 one does.
std::uint32_t tag(const KeyedHash& hash, std::string_view ha1_md5) {
  return std::max(static_cast<std::uint32_t>(hash(ha1_md5)), 1u);
}

}  // namespace

void CredentialTags::mark(state::v1::Binding& binding, const directory::Login& login) const {
  binding.set_credential(tag(hashes_.current(), login.ha1_md5.view()));
  binding.set_credential_key(hashes_.id());
}

CredentialTags::Made CredentialTags::compare(const state::v1::Binding& binding,
                                             std::string_view ha1_md5) const {
  if (binding.credential() == 0 || binding.credential_key() > kLargestKey) return Made::Unknown;
  const auto* const hash = hashes_.find(static_cast<std::uint8_t>(binding.credential_key()));
  if (hash == nullptr) return Made::Unknown;
  return binding.credential() == tag(*hash, ha1_md5) ? Made::WithIt : Made::WithAnother;
}

CredentialTags::Made CredentialTags::matches(const state::v1::Binding& binding,
                                             const directory::User* user) const {
  if (user == nullptr || !user->has_credential()) return Made::WithAnother;
  return compare(binding, user->credential().hex_md5().view());
}

CredentialTags::Made CredentialTags::matches(const state::v1::Binding& binding,
                                             const directory::Device* device) const {
  if (device == nullptr || !device->has_credential()) return Made::WithAnother;
  return compare(binding, device->credential().hex_md5().view());
}

}  // namespace pbx::registrar
