#include "registrar/domain/credential_tags.hpp"

#include <algorithm>

namespace pbx::registrar {

std::uint32_t CredentialTags::tag(std::string_view ha1_md5) const {
  return std::max(static_cast<std::uint32_t>(hash_(ha1_md5)), 1u);
}

std::uint32_t CredentialTags::of(const directory::User* user) const {
  if (user == nullptr || !user->has_credential()) return 0;
  return tag(user->credential().hex_md5().view());
}

std::uint32_t CredentialTags::of(const directory::Device* device) const {
  if (device == nullptr || !device->has_credential()) return 0;
  return tag(device->credential().hex_md5().view());
}

}  // namespace pbx::registrar
