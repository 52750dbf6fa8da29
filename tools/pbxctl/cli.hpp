#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pbxctl/refusal.hpp"

namespace pbx::pbxctl {

class Arguments;
struct Context;

/// `--name VALUE`, or a switch when `value` is empty.
struct Option {
  std::string name;  ///< Without its dashes.
  std::string value = {};
  std::string help = {};
  std::vector<std::string> choices = {};
  bool required = false;
  bool repeats = false;
};

/// A word that a command wants: all of them are required.
struct Positional {
  std::string name;
  std::string help = {};
};

struct Example {
  std::string line;
  std::string what;
};

/// A node of the command tree. Parser, help and shell completion are all made of it.
struct Command {
  std::string name;
  std::string summary;    ///< One line, without a full stop.
  std::string text = {};  ///< More about it, for its own help.
  std::vector<Example> examples = {};
  std::vector<std::string> aliases = {};
  std::vector<Positional> positionals = {};
  std::vector<Option> options = {};
  std::vector<Command> commands = {};
  bool offline = false;  ///< Needs neither settings nor services.
  std::function<void(Context&, const Arguments&)> run = {};  ///< None: it only has commands.
};

/// What the command line said. Names are those of options and positionals.
class Arguments {
 public:
  bool has(const std::string& name) const { return values_.contains(name); }
  /// The one value; of a positional or required option, or after has().
  const std::string& text(const std::string& name) const;
  std::optional<std::string> find(const std::string& name) const;
  std::string text_or(const std::string& name, const std::string& otherwise) const;
  std::vector<std::string> all(const std::string& name) const;
  /// Throws UsageError unless it is a number from `low` to `high`.
  std::optional<std::uint64_t> number(const std::string& name, std::uint64_t low,
                                      std::uint64_t high) const;

  void set(const std::string& name, std::vector<std::string> values);

 private:
  std::map<std::string, std::vector<std::string>> values_;
};

/// From the root to the command that was named.
using CommandPath = std::vector<const Command*>;

struct Parsed {
  CommandPath path;
  Arguments arguments;
  bool help = false;
};

/// A UsageError that knows where it happened.
class BadCommandLine : public UsageError {
 public:
  BadCommandLine(const std::string& what, CommandPath where)
      : UsageError{what}, path{std::move(where)} {}

  CommandPath path;
};

/// `words` is the command line without the program's name. Throws BadCommandLine.
Parsed parse(const Command& root, const std::vector<std::string>& words);

/// "pbxctl user add"
std::string spelled(const CommandPath& path);

}  // namespace pbx::pbxctl
