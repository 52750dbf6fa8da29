#include "runtime/environment_text.hpp"

#include <catch2/catch.hpp>

using namespace pbx::runtime;

namespace {

std::optional<std::string> pod(const std::string& name) {
  if (name == "POD_IP") return "10.0.0.7";
  if (name == "QUOTED") return "a\"b";
  return std::nullopt;
}

}  // namespace

TEST_CASE("A configuration takes its place of deployment from the environment", "[runtime]") {
  std::string text = R"({"listen": "${POD_IP}:5060", "advertise": "${POD_IP}:5070", "cost": "$5"})";
  CHECK(expand_environment(text, pod).empty());
  CHECK(text == R"({"listen": "10.0.0.7:5060", "advertise": "10.0.0.7:5070", "cost": "$5"})");
}

TEST_CASE("A variable that cannot be used is a fault by its name, all at once", "[runtime]") {
  std::string text = "${MISSING} ${QUOTED}";
  const auto faults = expand_environment(text, pod);
  REQUIRE(faults.size() == 2);
  CHECK(faults[0].find("MISSING") != std::string::npos);
  CHECK(faults[1].find("QUOTED") != std::string::npos);
  CHECK(text == "${MISSING} ${QUOTED}");

  std::string open = "${POD_IP";
  CHECK(expand_environment(open, pod).size() == 1);
}
