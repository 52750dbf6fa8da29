#include "pbxctl/completion.hpp"

#include <catch2/catch.hpp>

#include "pbxctl/commands.hpp"

using namespace pbx::pbxctl;

TEST_CASE("Scripts know every command by each of its names", "[pbxctl]") {
  const auto root = command_tree();
  std::vector<std::string> words;
  for (const auto& place : places(root)) words.push_back(place.words);
  for (const char* wanted :
       {"", "user", "user add", "call remove", "call hangup", "completion zsh"}) {
    CHECK_THAT(words, Catch::VectorContains(std::string{wanted}));
  }
  for (const auto& script : {bash_completion(root), zsh_completion(root), fish_completion(root)}) {
    for (const auto& place : words) CHECK_THAT(script, Catch::Contains(place));
  }
}

TEST_CASE("Options that swallow the next word are known, switches are not among them", "[pbxctl]") {
  const auto options = options_with_value(command_tree());
  CHECK_THAT(options, Catch::VectorContains(std::string{"--tenant"}));
  CHECK_THAT(options, Catch::VectorContains(std::string{"--server"}));
  CHECK_THAT(options, !Catch::VectorContains(std::string{"--json"}));
  CHECK(std::is_sorted(options.begin(), options.end()));
}
