#include "runtime/command_line.hpp"

namespace pbx::runtime {

namespace {

constexpr std::string_view kConfig = "--config";

}  // namespace

std::variant<CommandLine, std::string> parse_command_line(std::span<char* const> arguments) {
  using Action = CommandLine::Action;
  CommandLine line;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      line.action = Action::Help;
      return line;
    }
    if (argument == "--version") {
      line.action = Action::Version;
      return line;
    }
    if (argument == "--check-config") {
      line.action = Action::CheckConfig;
    } else if (argument == kConfig && i + 1 < arguments.size()) {
      line.config_file = arguments[++i];
    } else if (argument.starts_with(kConfig) && argument.substr(kConfig.size()).starts_with('=')) {
      line.config_file = argument.substr(kConfig.size() + 1);
    } else if (argument == kConfig) {
      return "--config needs a file";
    } else {
      return "unknown argument " + std::string{argument};
    }
  }
  if (line.config_file.empty()) return "--config FILE is missing";
  return line;
}

std::string usage(std::string_view service) {
  std::string text = "usage: pbx-";
  text += service;
  text +=
      " --config FILE [--check-config]\n"
      "\n"
      "  --config FILE    configuration as JSON; secrets come from PBX_* variables, or for PBX_X\n"
      "                   from the file that PBX_X_FILE names\n"
      "  --check-config   say what is wrong with it, or \"ok\", and exit\n"
      "  --version        print the version and exit\n"
      "  --help           print this and exit\n"
      "\n"
      "SIGTERM and SIGINT drain; a second one ends the process at once.\n"
      "Exit status: 0 drained, 1 failed to start, 2 bad configuration or arguments.\n";
  return text;
}

}  // namespace pbx::runtime
