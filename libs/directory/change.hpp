#pragma once

#include <cstdint>
#include <string>

#include "core/ids.hpp"

namespace pbx::directory {

enum class ChangeKind : std::uint8_t {
  UserAdded,
  UserRemoved,
  UserSuspended,  ///< It or an account above it.
  UserRestored,
  UserCredentialChanged,
  DeviceAdded,
  DeviceRemoved,
  DeviceCredentialChanged,
};

/// What happened to one user or device. A suspended account is one change for each user below it.
struct Change {
  ChangeKind kind = ChangeKind::UserAdded;
  TenantId tenant;
  UserId user;
  DeviceId device;     ///< Device changes only.
  std::string domain;  ///< Of the user's AoR; empty when a device's user is not known.
  std::string extension;

  friend bool operator==(const Change&, const Change&) = default;
};

}  // namespace pbx::directory
