#include "runtime/command_line.hpp"

#include <catch2/catch.hpp>
#include <string>
#include <variant>
#include <vector>

using namespace pbx;
using runtime::CommandLine;
using Action = CommandLine::Action;

namespace {

std::variant<CommandLine, std::string> parse(std::vector<std::string> arguments) {
  std::vector<char*> pointers;
  for (auto& argument : arguments) pointers.push_back(argument.data());
  return runtime::parse_command_line(pointers);
}

}  // namespace

TEST_CASE("Flags are understood", "[runtime]") {
  struct Row {
    std::vector<std::string> arguments;
    Action action;
    std::string file;
  };
  const auto row = GENERATE(values<Row>({
      {{"--config", "a.json"}, Action::Run, "a.json"},
      {{"--config=a.json"}, Action::Run, "a.json"},
      {{"--check-config", "--config", "a.json"}, Action::CheckConfig, "a.json"},
      {{"--config", "a.json", "--check-config"}, Action::CheckConfig, "a.json"},
      {{"--version"}, Action::Version, ""},
      {{"--help"}, Action::Help, ""},
      {{"-h"}, Action::Help, ""},
      {{"--config", "a.json", "--help"}, Action::Help, "a.json"},
  }));
  const auto parsed = parse(row.arguments);
  const auto* const line = std::get_if<CommandLine>(&parsed);
  REQUIRE(line != nullptr);
  CHECK(line->action == row.action);
  CHECK(line->config_file == row.file);
}

TEST_CASE("Wrong flags are refused in words", "[runtime]") {
  const auto [arguments, sentence] = GENERATE(table<std::vector<std::string>, std::string>({
      {std::vector<std::string>{}, "--config FILE is missing"},
      {{"--check-config"}, "--config FILE is missing"},
      {{"--config"}, "--config needs a file"},
      {{"--config="}, "--config FILE is missing"},
      {{"--config", "a.json", "--verbose"}, "unknown argument --verbose"},
      {{"--configure", "a.json"}, "unknown argument --configure"},
      {{"a.json"}, "unknown argument a.json"},
  }));
  const auto parsed = parse(arguments);
  const auto* const mistake = std::get_if<std::string>(&parsed);
  REQUIRE(mistake != nullptr);
  CHECK(*mistake == sentence);
}
