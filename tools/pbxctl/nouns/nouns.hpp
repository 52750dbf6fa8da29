#pragma once

#include "pbxctl/cli.hpp"

namespace pbx::pbxctl {

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
