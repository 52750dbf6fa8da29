#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "pbx/events/v1/directory.pb.h"
#include "provisioning/domain/outcome.hpp"

// Each gives the value in its stored form or a refusal that begins with the field's name.
namespace pbx::provisioning {

/// One DNS label (RFC 1123): letters, digits and inner hyphens, 63 at most; lower case.
Outcome<std::string> account_name(std::string_view text);
/// A host name of at least two labels whose last is not a number; lower case.
Outcome<std::string> domain_name(std::string_view text);
/// 1 to 32 of a–z 0–9 + * . _ -: what stands in a SIP URI's user part without escapes. `dev-` is
/// kept for devices.
Outcome<std::string> extension(std::string_view text);
/// UTF-8 of 128 bytes at most, without control characters.
Outcome<std::string> display_name(std::string_view text);
Outcome<std::string> device_name(std::string_view text);
/// 12 hex digits, with or without : - or . between them. Empty stays empty.
Outcome<std::string> mac(std::string_view text);
/// Phones that sign on by their MAC address must have one.
Outcome<Done> mac_for(events::v1::DeviceKind kind, std::string_view mac);
/// 8 to 128 printable ASCII characters.
Outcome<std::string> password(std::string_view text);
Outcome<std::uint32_t> max_bindings(std::uint32_t value);
/// Of calls in progress, in the field `name`.
Outcome<std::uint32_t> max_calls(std::string_view name, std::uint32_t value);
Outcome<events::v1::CallerIdentity> caller_identity(events::v1::CallerIdentity value);
/// Calls belong to clients.
Outcome<Done> may_limit_calls(events::v1::AccountKind kind);
/// What may stand below what: clients hold no accounts, the platform is below nothing.
Outcome<Done> child_kind(events::v1::AccountKind parent, events::v1::AccountKind child);
/// `1.4.9`, as in a caller's token. Empty is the platform, "1".
Outcome<std::string> scope(std::string_view text);

}  // namespace pbx::provisioning
