#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace pbx::runtime {

using Environment = std::function<std::optional<std::string>(const std::string& name)>;

/// Replaces every `${NAME}` by the variable's value, for what only the place of deployment knows
/// (a pod's address). Faults: a variable that is not set, or whose value would break the JSON
/// around it. Secrets have a way of their own and do not belong in a configuration.
std::vector<std::string> expand_environment(std::string& text, const Environment& environment);

/// This process' own variables.
std::optional<std::string> process_environment(const std::string& name);

}  // namespace pbx::runtime
