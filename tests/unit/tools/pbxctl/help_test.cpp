#include "pbxctl/help.hpp"

#include <catch2/catch.hpp>
#include <functional>
#include <sstream>

#include "pbxctl/commands.hpp"
#include "pbxctl/text.hpp"

using namespace pbx::pbxctl;

namespace {

void each_command(CommandPath path, const std::function<void(const CommandPath&)>& visit) {
  visit(path);
  for (const auto& child : path.back()->commands) {
    auto below = path;
    below.push_back(&child);
    each_command(below, visit);
  }
}

/// An example's words as a shell would give them, without its redirections.
std::vector<std::string> words_of(const std::string& line) {
  std::vector<std::string> words;
  std::string word;
  char quote = 0;
  for (const char c : line + " ") {
    if (quote != 0 ? c == quote : (c == '\'' || c == '"')) {
      quote = quote != 0 ? 0 : c;
    } else if (c == ' ' && quote == 0) {
      if (word == "<" || word == ">" || word == "|") break;
      if (!word.empty()) words.push_back(word);
      word.clear();
    } else {
      word += c;
    }
  }
  return words;
}

}  // namespace

TEST_CASE("Help on every level says what, how and by example", "[pbxctl]") {
  const auto root = command_tree();
  int commands = 0;
  each_command({&root}, [&](const CommandPath& path) {
    ++commands;
    const auto text = help_text(path);
    CAPTURE(spelled(path));
    CHECK(text.starts_with("Usage: " + spelled(path)));
    CHECK_THAT(text, Catch::Contains("\nExamples:\n"));
    CHECK_FALSE(path.back()->summary.ends_with("."));
    for (const auto& option : path.back()->options) {
      CAPTURE(option.name);
      CHECK_FALSE(option.help.empty());
      CHECK_THAT(text, Catch::Contains("--" + option.name));
    }
    std::istringstream lines{text};
    for (std::string line; std::getline(lines, line);) {
      CAPTURE(line);
      CHECK((display_width(line) <= 100 || line.find("pbxctl ") != std::string::npos));
    }
  });
  CHECK(commands > 40);
}

TEST_CASE("Every example is a command line that parses", "[pbxctl]") {
  const auto root = command_tree();
  each_command({&root}, [&](const CommandPath& path) {
    for (const auto& example : path.back()->examples) {
      if (!example.line.starts_with("pbxctl ")) continue;  // source <(pbxctl …)
      CAPTURE(example.line);
      auto words = words_of(example.line);
      words.erase(words.begin());
      CHECK_NOTHROW(parse(root, words));
      CHECK_FALSE(example.what.empty());
    }
  });
}

TEST_CASE("The --password option warns", "[pbxctl]") {
  const auto root = command_tree();
  const auto path = parse(root, {"user", "add", "--help"}).path;
  CHECK_THAT(help_text(path), Catch::Contains("Unsafe"));
}
