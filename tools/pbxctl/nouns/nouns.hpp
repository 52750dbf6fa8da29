#pragma once

#include <cstdint>

#include "pbxctl/cli.hpp"

namespace pbx::pbxctl {

/// That a limit of calls may be.
inline constexpr std::uint64_t kMostCalls = 1'000'000;

Command tenant_command();
Command domain_command();
Command user_command();
Command device_command();
Command binding_command();
Command call_command();
Command cdr_command();
Command node_command();
Command history_command();

}  // namespace pbx::pbxctl
