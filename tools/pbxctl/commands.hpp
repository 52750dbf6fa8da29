#pragma once

#include "pbxctl/cli.hpp"

namespace pbx::pbxctl {

/// The whole tree: "pbxctl" and all below it.
Command command_tree();

}  // namespace pbx::pbxctl
