#include "pbxctl/cli.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <algorithm>
#include <cassert>
#include <charconv>
#include <deque>

namespace pbx::pbxctl {
namespace {

struct Bound {
  std::string name;
  CLI::Option* option;
};

/// The parser's picture of one command, beside ours.
struct Node {
  const Command* command;
  CLI::App* app;
  std::vector<Bound> bound = {};
  std::deque<Node> children = {};
};

void bind_options(Node& node, std::deque<std::vector<std::string>>& storage) {
  for (const auto& option : node.command->options) {
    const auto flag = "--" + option.name;
    if (option.value.empty()) {
      node.bound.push_back({option.name, node.app->add_flag(flag)});
      continue;
    }
    auto* bound = node.app->add_option(flag, storage.emplace_back());
    if (!option.repeats) bound->expected(1);
    bound->required(option.required)->allow_extra_args(false);
    if (!option.choices.empty()) bound->check(CLI::IsMember(option.choices));
    node.bound.push_back({option.name, bound});
  }
  for (const auto& positional : node.command->positionals) {
    auto* bound = node.app->add_option(positional.name, storage.emplace_back());
    bound->expected(1)->required();
    node.bound.push_back({positional.name, bound});
  }
}

void bind(Node& node, std::deque<std::vector<std::string>>& storage) {
  node.app->set_help_flag("-h,--help");
  node.app->fallthrough();
  node.app->require_subcommand(0, node.command->commands.empty() ? 0 : 1);
  bind_options(node, storage);
  for (const auto& command : node.command->commands) {
    auto* app = node.app->add_subcommand(command.name);
    for (const auto& alias : command.aliases) app->alias(alias);
    bind(node.children.emplace_back(Node{&command, app}), storage);
  }
}

/// The nodes from the root to the deepest command that was named.
std::vector<const Node*> chosen(const Node& root) {
  std::vector<const Node*> nodes{&root};
  for (;;) {
    const auto& children = nodes.back()->children;
    const auto next = std::find_if(children.begin(), children.end(),
                                   [](const Node& child) { return child.app->parsed(); });
    if (next == children.end()) return nodes;
    nodes.push_back(&*next);
  }
}

CommandPath path_of(const std::vector<const Node*>& nodes) {
  CommandPath path;
  for (const auto* node : nodes) path.push_back(node->command);
  return path;
}

std::string names(const Command& command) {
  std::string text;
  for (const auto& child : command.commands) text += (text.empty() ? "" : ", ") + child.name;
  return text;
}

/// The parser's own words, except where they are about its inside.
std::string complaint(const CLI::ParseError& error, const CLI::App& root, const Command& at) {
  if (dynamic_cast<const CLI::ArgumentMismatch*>(&error) != nullptr) {
    const std::string words = error.what();
    const auto name = words.substr(0, words.find(':'));
    const bool missing = words.find("missing") != std::string::npos;
    return name + (missing ? " wants a value" : " is given too often");
  }
  const auto extra = root.remaining(true);
  if (dynamic_cast<const CLI::ExtrasError*>(&error) == nullptr || extra.empty()) {
    return error.what();
  }
  if (extra.front().starts_with("-")) return "there is no option " + extra.front();
  if (at.commands.empty()) return "'" + extra.front() + "' is one word too many";
  return "there is no command '" + extra.front() + "'; choose one of " + names(at);
}

Arguments collect(const std::vector<const Node*>& nodes) {
  Arguments arguments;
  for (const auto* node : nodes) {
    for (const auto& [name, option] : node->bound) {
      if (option->count() > 0) arguments.set(name, option->results());
    }
  }
  return arguments;
}

}  // namespace

Parsed parse(const Command& root, const std::vector<std::string>& words) {
  CLI::App app;
  std::deque<std::vector<std::string>> storage;
  Node tree{&root, &app};
  bind(tree, storage);

  std::vector<std::string> reversed{words.rbegin(), words.rend()};
  try {
    app.parse(reversed);
  } catch (const CLI::CallForHelp&) {
    return {path_of(chosen(tree)), {}, true};
  } catch (const CLI::ParseError& error) {
    auto path = path_of(chosen(tree));
    const auto what = complaint(error, app, *path.back());
    throw BadCommandLine{what, std::move(path)};
  }
  const auto nodes = chosen(tree);
  auto path = path_of(nodes);
  if (!path.back()->run) {
    throw BadCommandLine{"a command is missing; choose one of " + names(*path.back()), path};
  }
  return {std::move(path), collect(nodes), false};
}

std::string spelled(const CommandPath& path) {
  std::string text;
  for (const auto* command : path) text += (text.empty() ? "" : " ") + command->name;
  return text;
}

const std::string& Arguments::text(const std::string& name) const {
  const auto found = values_.find(name);
  assert(found != values_.end() && !found->second.empty());
  return found->second.front();
}

std::optional<std::string> Arguments::find(const std::string& name) const {
  if (!has(name)) return std::nullopt;
  return text(name);
}

std::string Arguments::text_or(const std::string& name, const std::string& otherwise) const {
  return has(name) ? text(name) : otherwise;
}

std::vector<std::string> Arguments::all(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? std::vector<std::string>{} : found->second;
}

std::optional<std::uint64_t> Arguments::number(const std::string& name, std::uint64_t low,
                                               std::uint64_t high) const {
  if (!has(name)) return std::nullopt;
  const auto& word = text(name);
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (error != std::errc{} || end != word.data() + word.size() || value < low || value > high) {
    throw UsageError{"--" + name + " wants a number from " + std::to_string(low) + " to " +
                     std::to_string(high)};
  }
  return value;
}

void Arguments::set(const std::string& name, std::vector<std::string> values) {
  values_[name] = std::move(values);
}

}  // namespace pbx::pbxctl
