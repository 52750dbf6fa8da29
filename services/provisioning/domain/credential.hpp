#pragma once

#include <string>
#include <string_view>

#include "pbx/events/v1/directory.pb.h"

namespace pbx::provisioning {

/// 20 of [a-z0-9]: 103 bits, easy to type.
std::string random_password();

/// Both HA1 hashes (RFC 7616 §3.4.2). The password is not kept anywhere.
events::v1::Credential make_credential(std::string_view username, std::string_view realm,
                                       std::string_view password);

/// A device signs in by its number, so that its name can change without its password.
std::string device_username(std::uint64_t device_id);

}  // namespace pbx::provisioning
