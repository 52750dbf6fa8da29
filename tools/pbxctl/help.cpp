#include "pbxctl/help.hpp"

#include <algorithm>
#include <utility>

namespace pbx::pbxctl {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

/// Text broken at spaces, `indent` columns in on every line but the first.
std::string wrapped(const std::string& text, std::size_t indent) {
  constexpr std::size_t kWidth = 96;
  std::string out;
  std::size_t column = indent;
  for (std::size_t at = 0; at < text.size();) {
    const auto end = std::min(text.find(' ', at), text.size());
    const auto word = text.substr(at, end - at);
    if (column > indent && column + 1 + word.size() > kWidth) {
      out += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      out += ' ';
      ++column;
    }
    out += word;
    column += word.size();
    at = end + 1;
  }
  return out;
}

std::string section(const std::string& title, const Lines& lines) {
  if (lines.empty()) return {};
  std::size_t width = 0;
  for (const auto& [left, right] : lines) width = std::max(width, left.size());
  auto out = "\n" + title + ":\n";
  for (const auto& [left, right] : lines) {
    out +=
        "  " + left + std::string(width - left.size() + 2, ' ') + wrapped(right, width + 4) + "\n";
  }
  return out;
}

std::string option_help(const Option& option) {
  auto text = option.help;
  if (!option.choices.empty()) {
    std::string choices;
    for (const auto& choice : option.choices) choices += (choices.empty() ? "" : ", ") + choice;
    text += " (" + choices + ")";
  }
  return text;
}

Lines option_lines(const Command& command) {
  Lines lines;
  for (const auto& option : command.options) {
    lines.emplace_back("--" + option.name + (option.value.empty() ? "" : " " + option.value),
                       option_help(option));
  }
  lines.emplace_back("-h, --help", "Show this text.");
  return lines;
}

std::string usage(const CommandPath& path) {
  const auto& command = *path.back();
  auto text = "Usage: " + spelled(path);
  if (!command.commands.empty()) text += " COMMAND";
  for (const auto& positional : command.positionals) text += " " + positional.name;
  for (const auto& option : command.options) {
    if (option.required) text += " --" + option.name + " " + option.value;
  }
  return text + " [OPTIONS]\n";
}

}  // namespace

std::string help_text(const CommandPath& path) {
  const auto& command = *path.back();
  auto text = usage(path) + "\n" + command.summary + ".\n";
  if (!command.text.empty()) text += wrapped(command.text, 0) + "\n";

  Lines commands;
  for (const auto& child : command.commands) {
    auto name = child.name;
    for (const auto& alias : child.aliases) name += ", " + alias;
    commands.emplace_back(name, child.summary);
  }
  text += section("Commands", commands);

  Lines positionals;
  for (const auto& positional : command.positionals) {
    positionals.emplace_back(positional.name, positional.help);
  }
  text += section("Arguments", positionals);
  text += section("Options", option_lines(command));

  if (!command.examples.empty()) text += "\nExamples:\n";
  for (const auto& [line, what] : command.examples) {
    text += "  # " + what + "\n  " + line + "\n";
  }
  if (path.size() > 1) {
    text += "\nOptions of every command, --json among them: " + path.front()->name + " --help\n";
  }
  return text;
}

}  // namespace pbx::pbxctl
