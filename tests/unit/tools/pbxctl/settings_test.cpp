#include "pbxctl/settings.hpp"

#include <catch2/catch.hpp>
#include <sstream>

#include "core/clock.hpp"
#include "pbxctl/commands.hpp"
#include "pbxctl/environment.hpp"

using namespace pbx::pbxctl;

namespace {

/// A place without configuration files.
struct Nowhere {
  Nowhere()
      : environment{.in = in,
                    .out = out,
                    .err = out,
                    .clock = clock,
                    .variable = [this](const std::string& name) -> std::optional<std::string> {
                      const auto found = variables.find(name);
                      if (found == variables.end()) return std::nullopt;
                      return found->second;
                    },
                    .folder = "/nonexistent/here",
                    .user = "ada"} {}

  Settings load(std::vector<std::string> words) {
    words.insert(words.begin(), {"user", "list"});
    const auto root = command_tree();
    return load_settings(parse(root, words).arguments, environment);
  }

  std::istringstream in;
  std::ostringstream out;
  pbx::SystemClock clock;
  std::map<std::string, std::string> variables;
  Environment environment;
};

}  // namespace

TEST_CASE("A configuration names servers and files", "[pbxctl]") {
  const auto settings = parse_configuration(
      R"({"provisioning": "127.0.0.31:55001", "proxy": ["127.0.0.11:55003", "127.0.0.12:55003"],
          "identity_file": "operator", "ca_file": "/etc/ca.pem"})",
      "/etc/pbx");
  CHECK(settings.servers.at("provisioning") == std::vector<std::string>{"127.0.0.31:55001"});
  CHECK(settings.servers.at("proxy").size() == 2);
  CHECK(settings.identity_file == "/etc/pbx/operator");
  CHECK(settings.ca_file == "/etc/ca.pem");
}

TEST_CASE("A wrong configuration is refused by name", "[pbxctl]") {
  CHECK_THROWS_WITH(parse_configuration("[]", "/"), "it is not a JSON object");
  CHECK_THROWS_WITH(parse_configuration("{", "/"), "it is not a JSON object");
  CHECK_THROWS_WITH(parse_configuration(R"({"proxi": "a:1"})", "/"),
                    Catch::StartsWith("'proxi' is not a setting; there are provisioning"));
  CHECK_THROWS_WITH(parse_configuration(R"({"proxy": 5060})", "/"), "'proxy' must be a text");
  CHECK_THROWS_WITH(parse_configuration(R"({"proxy": ["a:1", 2]})", "/"), "'proxy' must be a text");
}

TEST_CASE("Servers, key, scope and time come from flags and variables", "[pbxctl]") {
  Nowhere nowhere;
  nowhere.variables["PBX_IDENTITY_KEY"] = "secret";
  const auto settings =
      nowhere.load({"--server", "proxy=a:1", "--server", "proxy=b:2", "--server",
                    "provisioning=[::1]:3", "--scope", "hq.north", "--timeout", "90s"});
  CHECK(settings.servers.at("proxy") == std::vector<std::string>{"a:1", "b:2"});
  CHECK(settings.servers.at("provisioning") == std::vector<std::string>{"[::1]:3"});
  CHECK(settings.identity_key.reveal() == "secret");
  CHECK(settings.scope == "hq.north");
  CHECK(settings.timeout == std::chrono::seconds{90});
  CHECK(settings.actor == "ada");
  CHECK(settings.origin.empty());
}

TEST_CASE("Flags that make no sense are usage errors", "[pbxctl]") {
  Nowhere nowhere;
  for (const char* wrong : {"proxy", "proxy=", "sbc=a:1", "=a:1"}) {
    CAPTURE(wrong);
    CHECK_THROWS_AS(nowhere.load({"--server", wrong}), UsageError);
  }
  CHECK_THROWS_AS(nowhere.load({"--timeout", "10"}), UsageError);
  CHECK_THROWS_AS(nowhere.load({"--timeout", "0s"}), UsageError);
}

TEST_CASE("A file that was named must be there", "[pbxctl]") {
  Nowhere nowhere;
  CHECK_THROWS_WITH(nowhere.load({"--config", "x.json"}),
                    Catch::StartsWith("cannot read the configuration /nonexistent/here/x.json"));
  CHECK_THROWS_WITH(nowhere.load({"--identity-file", "t"}),
                    Catch::StartsWith("cannot read the identity file /nonexistent/here/t"));
  nowhere.variables["PBXCTL_CONFIG"] = "/nonexistent/y.json";
  CHECK_THROWS_WITH(nowhere.load({}), Catch::Contains("/nonexistent/y.json"));
}
