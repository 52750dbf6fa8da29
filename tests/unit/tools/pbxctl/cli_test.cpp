#include "pbxctl/cli.hpp"

#include <catch2/catch.hpp>

#include "pbxctl/commands.hpp"

using namespace pbx::pbxctl;

namespace {

Parsed parsed(const std::vector<std::string>& words) {
  static const Command root = command_tree();
  return parse(root, words);
}

std::string complaint(const std::vector<std::string>& words) {
  try {
    parsed(words);
  } catch (const UsageError& error) {
    return error.what();
  }
  return {};
}

}  // namespace

TEST_CASE("Words lead to a command with its values", "[pbxctl]") {
  const auto command =
      parsed({"user", "add", "1001@hq.north.pbx.test", "--name", "Reception", "--phones=3"});
  CHECK(spelled(command.path) == "pbxctl user add");
  CHECK(command.arguments.text("USER") == "1001@hq.north.pbx.test");
  CHECK(command.arguments.text("name") == "Reception");
  CHECK(command.arguments.number("phones", 0, 10) == 3);
  CHECK_FALSE(command.arguments.has("password-stdin"));
  CHECK(command.arguments.text_or("password", "none") == "none");
}

TEST_CASE("Options of every command stand before, between or behind", "[pbxctl]") {
  for (const auto& words : std::vector<std::vector<std::string>>{
           {"--json", "user", "list"}, {"user", "--json", "list"}, {"user", "list", "--json"}}) {
    CHECK(parsed(words).arguments.has("json"));
  }
  const auto command = parsed({"user", "list", "--server", "proxy=a:1", "--server", "proxy=b:2"});
  CHECK(command.arguments.all("server") == std::vector<std::string>{"proxy=a:1", "proxy=b:2"});
}

TEST_CASE("A name that is also a command's is still a name", "[pbxctl]") {
  const auto command = parsed({"tenant", "show", "node"});
  CHECK(spelled(command.path) == "pbxctl tenant show");
  CHECK(command.arguments.text("TENANT") == "node");
}

TEST_CASE("A call can be hung up by either word", "[pbxctl]") {
  CHECK(spelled(parsed({"call", "hangup", "abc"}).path) == "pbxctl call remove");
  CHECK(spelled(parsed({"call", "remove", "abc"}).path) == "pbxctl call remove");
}

TEST_CASE("What is wrong with a command line is said in words", "[pbxctl]") {
  const auto [words, expected] = GENERATE(table<std::vector<std::string>, std::string>({
      {{"user"}, "a command is missing; choose one of list, show, add, set, remove"},
      {{"users", "list"},
       "there is no command 'users'; choose one of tenant, domain, user, device, "
       "binding, call, cdr, node, history, completion, version"},
      {{"user", "erase"},
       "there is no command 'erase'; choose one of list, show, add, set, remove"},
      {{"user", "list", "--bogus"}, "there is no option --bogus"},
      {{"user", "show"}, "USER is required"},
      {{"user", "show", "a@b", "c@d"}, "USER is given too often"},
      {{"user", "list", "all"}, "'all' is one word too many"},
      {{"domain", "add", "x.test"}, "--tenant is required"},
      {{"user", "list", "--tenant"}, "--tenant wants a value"},
      {{"user", "list", "--tenant", "a", "--tenant", "b"}, "--tenant is given too often"},
  }));
  CHECK(complaint(words) == expected);
  CHECK_THAT(complaint({}),
             Catch::StartsWith("a command is missing; choose one of tenant, domain"));
}

TEST_CASE("A value outside its choices or range is refused", "[pbxctl]") {
  CHECK_THAT(complaint({"tenant", "add", "x", "--kind", "shop"}), Catch::Contains("--kind"));
  const auto command = parsed({"user", "list", "--limit", "many"});
  CHECK_THROWS_WITH(command.arguments.number("limit", 0, 5), "--limit wants a number from 0 to 5");
  CHECK_THROWS_AS(parsed({"user", "list", "--limit", "6"}).arguments.number("limit", 0, 5),
                  UsageError);
}

TEST_CASE("Help is asked for anywhere, whatever else is missing", "[pbxctl]") {
  CHECK(parsed({"--help"}).help);
  const auto command = parsed({"user", "add", "-h"});
  CHECK(command.help);
  CHECK(spelled(command.path) == "pbxctl user add");
}
