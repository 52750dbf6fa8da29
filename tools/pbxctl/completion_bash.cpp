#include <sstream>

#include "pbxctl/completion.hpp"

namespace pbx::pbxctl {
namespace {

std::string joined(const std::vector<std::string>& words, const std::string& between) {
  std::string text;
  for (const auto& word : words) text += (text.empty() ? "" : between) + word;
  return text;
}

/// The arms of a case that knows every command: "user list"|"user show"|…
std::string known_places(const Command& root) {
  std::string arms;
  for (const auto& place : places(root)) {
    if (place.words.empty()) continue;
    arms += (arms.empty() ? "" : " | \\\n          ") + ("\"" + place.words + "\"");
  }
  return arms;
}

std::string option_names(const Command& command) {
  std::string text;
  for (const auto& option : command.options) text += "--" + option.name + " ";
  return text + "--help";
}

std::string command_names(const Command& command) {
  std::string text;
  for (const auto& child : command.commands) text += (text.empty() ? "" : " ") + child.name;
  return text;
}

/// A root option may stand behind any command.
std::string pattern(const Place& place, const Option& option) {
  const auto end = " --" + option.name + "\")";
  return "    " + (place.words.empty() ? "*\"" : "\"" + place.words) + end;
}

void write_values(std::ostream& out, const Command& root) {
  for (const auto& place : places(root)) {
    for (const auto& option : place.command->options) {
      std::string what;
      if (!option.choices.empty()) what = "-W \"" + joined(option.choices, " ") + "\"";
      if (option.value == "FILE") what = "-f";
      if (what.empty()) continue;
      out << pattern(place, option) << " COMPREPLY=($(compgen " << what
          << " -- \"$cur\")); return ;;\n";
    }
  }
}

}  // namespace

std::string bash_completion(const Command& root) {
  std::ostringstream out;
  out << R"(# bash completion for pbxctl, printed by "pbxctl completion bash".
_pbxctl() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]}
  local at="" skip="" commands="" options="" word i
  COMPREPLY=()

  # Which command stands on the line so far.
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [[ -n $skip ]]; then skip=""; continue; fi
    case $word in
      )"
      << joined(options_with_value(root), "|") << R"() skip=1 ;;
      -*) ;;
      *)
        case "${at:+$at }$word" in
          )"
      << known_places(root) << R"()
            at="${at:+$at }$word" ;;
        esac ;;
    esac
  done

  # The value of an option.
  case "$at $prev" in
)";
  write_values(out, root);
  out << "  esac\n"
      << "  [[ -z $skip ]] || return\n\n"
      << "  case $at in\n";
  for (const auto& place : places(root)) {
    out << "    \"" << place.words << "\")\n"
        << "      commands=\"" << command_names(*place.command) << "\"\n"
        << "      options=\"" << option_names(*place.command) << "\" ;;\n";
  }
  out << "  esac\n"
      << "  if [[ $cur == -* || -z $commands ]]; then\n"
      << "    [[ -z $at ]] || options+=\" " << option_names(root) << "\"\n"
      << "    COMPREPLY=($(compgen -W \"$options\" -- \"$cur\"))\n"
      << "  else\n"
      << "    COMPREPLY=($(compgen -W \"$commands\" -- \"$cur\"))\n"
      << "  fi\n"
      << "}\n"
      << "complete -F _pbxctl pbxctl\n";
  return out.str();
}

}  // namespace pbx::pbxctl
