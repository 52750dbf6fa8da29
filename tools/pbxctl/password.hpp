#pragma once

#include <optional>
#include <vector>

#include "core/secret.hpp"
#include "pbxctl/cli.hpp"
#include "pbxctl/environment.hpp"

namespace pbx::pbxctl {

/// The options of `add` that give a password; without any of them the service makes one.
std::vector<Option> with_password(std::vector<Option> options);
/// The options of `set`; without any of them the password stays.
std::vector<Option> with_new_password(std::vector<Option> options);

/// The password that was asked for: nothing when none of the options was given, empty when the
/// service is to make one. Throws Refusal, UsageError.
std::optional<Secret> read_password(const Arguments& arguments, const Environment& environment);

}  // namespace pbx::pbxctl
