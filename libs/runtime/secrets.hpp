#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/secret.hpp"

namespace pbx::runtime {

/// `redis_password`, `REDIS_PASSWORD` and `PBX_REDIS_PASSWORD` are all PBX_REDIS_PASSWORD.
std::string secret_variable(std::string_view name);

/// From the variable PBX_<NAME> or the file named by PBX_<NAME>_FILE, without the last line feed;
/// nullopt when neither is set. Throws StartError when both are, or the file cannot be read, is
/// empty or longer than 64 KiB.
std::optional<Secret> find_secret(std::string_view name);

}  // namespace pbx::runtime
