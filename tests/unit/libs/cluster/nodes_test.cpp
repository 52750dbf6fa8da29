#include "cluster/nodes.hpp"

#include <catch2/catch.hpp>
#include <map>

using namespace pbx;

namespace {

state::v1::Node node(const std::string& name, double load, bool draining = false) {
  state::v1::Node made;
  made.set_node(name);
  made.set_load(load);
  made.set_draining(draining);
  return made;
}

}  // namespace

TEST_CASE("Of two nodes the less loaded is chosen, a draining one never", "[cluster]") {
  const std::vector<state::v1::Node> nodes{node("a", 0.9), node("b", 0.1), node("c", 0.0, true)};
  for (std::uint64_t i = 0; i < 64; ++i) {
    const auto* chosen = cluster::pick_two_choices(nodes, i * 0x9e3779b97f4a7c15);
    REQUIRE(chosen != nullptr);
    CHECK(chosen->node() == "b");
  }
}

TEST_CASE("The most loaded of many is never chosen, every other one is", "[cluster]") {
  std::vector<state::v1::Node> nodes;
  for (int i = 0; i < 5; ++i) nodes.push_back(node(std::to_string(i), i * 0.1));
  std::map<std::string, int> chosen;
  std::uint64_t random = 1;
  for (int i = 0; i < 1000; ++i) {
    random = random * 6364136223846793005 + 1442695040888963407;
    ++chosen[cluster::pick_two_choices(nodes, random ^ random >> 29)->node()];
  }
  CHECK(chosen.size() == 4);
  CHECK(chosen.count("4") == 0);
  CHECK(chosen["0"] > chosen["3"]);
}

TEST_CASE("No open node is no choice", "[cluster]") {
  CHECK(cluster::pick_two_choices({}, 5) == nullptr);
  CHECK(cluster::pick_two_choices({node("a", 0, true)}, 5) == nullptr);
  const std::vector<state::v1::Node> single{node("a", 1)};
  CHECK(cluster::pick_two_choices(single, 5)->node() == "a");
}
