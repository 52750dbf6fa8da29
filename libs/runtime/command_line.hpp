#pragma once

#include <span>
#include <string>
#include <string_view>
#include <variant>

namespace pbx::runtime {

/// What a service was asked to do.
struct CommandLine {
  enum class Action { Run, CheckConfig, Version, Help };

  Action action = Action::Run;
  std::string config_file;
};

/// The arguments after the program's name; or a sentence that says what is wrong with them.
std::variant<CommandLine, std::string> parse_command_line(std::span<char* const> arguments);

std::string usage(std::string_view service);

}  // namespace pbx::runtime
