#include "provisioning/domain/credential.hpp"

#include "core/random.hpp"
#include "sip/digest.hpp"

namespace pbx::provisioning {

std::string random_password() { return random_token(20); }

events::v1::Credential make_credential(std::string_view username, std::string_view realm,
                                       std::string_view password) {
  events::v1::Credential credential;
  credential.set_username(std::string{username});
  credential.set_realm(std::string{realm});
  credential.set_ha1_md5(sip::make_ha1(sip::DigestAlgorithm::Md5, username, realm, password));
  credential.set_ha1_sha256(sip::make_ha1(sip::DigestAlgorithm::Sha256, username, realm, password));
  return credential;
}

std::string device_username(std::uint64_t device_id) { return "dev-" + std::to_string(device_id); }

}  // namespace pbx::provisioning
