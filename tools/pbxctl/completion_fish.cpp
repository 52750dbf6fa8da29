#include <sstream>

#include "pbxctl/completion.hpp"

namespace pbx::pbxctl {
namespace {

/// fish knows two escapes within single quotes.
std::string quoted(const std::string& text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

void write_option(std::ostream& out, const std::string& condition, const Option& option) {
  out << "complete -c pbxctl" << condition << " -l " << option.name;
  if (option.value == "FILE") {
    out << " -r -F";
  } else if (!option.value.empty()) {
    out << " -x";
    std::string choices;
    for (const auto& choice : option.choices) choices += (choices.empty() ? "" : " ") + choice;
    if (!choices.empty()) out << " -a " << quoted(choices);
  }
  out << " -d " << quoted(option.help) << "\n";
}

}  // namespace

std::string fish_completion(const Command& root) {
  std::ostringstream out;
  out << R"(# fish completion for pbxctl, printed by "pbxctl completion fish".
function __pbxctl_at --description 'The command that stands on the line so far'
    set -l at
    set -l skip
    for word in (commandline -opc)[2..]
        if set -q skip[1]
            set -e skip
            continue
        end
        switch $word
            case)";
  for (const auto& name : options_with_value(root)) out << " " << quoted(name);
  out << R"(
                set skip 1
            case '-*'
            case '*'
                set -l next (string trim "$at $word")
                switch $next
                    case)";
  for (const auto& place : places(root)) {
    if (!place.words.empty()) out << " " << quoted(place.words);
  }
  out << R"(
                        set at $next
                end
        end
    end
    test "$at" = "$argv"
end

complete -c pbxctl -f
)";
  for (const auto& option : root.options) write_option(out, "", option);
  out << "complete -c pbxctl -l help -s h -d 'Show help.'\n";
  for (const auto& place : places(root)) {
    const auto condition = " -n " + quoted("__pbxctl_at " + place.words);
    for (const auto& child : place.command->commands) {
      out << "complete -c pbxctl" << condition << " -a " << child.name << " -d "
          << quoted(child.summary) << "\n";
    }
    if (place.words.empty()) continue;
    for (const auto& option : place.command->options) write_option(out, condition, option);
  }
  return out.str();
}

}  // namespace pbx::pbxctl
