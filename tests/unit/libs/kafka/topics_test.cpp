#include "kafka/topics.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <set>
#include <sstream>

#include "model/topics.hpp"

using namespace pbx;

TEST_CASE("deploy/kafka/topics.json says what the code says", "[kafka]") {
  const char* source = std::getenv("PBX_SOURCE_DIR");
  REQUIRE(source != nullptr);
  std::ifstream file{std::string{source} + "/deploy/kafka/topics.json"};
  std::ostringstream content;
  content << file.rdbuf();
  CHECK(content.str() == kafka::to_json(kafka::platform_topics()));
}

TEST_CASE("Topics that state is rebuilt from are compacted and kept for good", "[kafka]") {
  std::set<std::string> names;
  for (const auto& topic : kafka::platform_topics()) {
    CAPTURE(topic.name);
    names.insert(topic.name);
    CHECK(topic.partitions >= 1);
    CHECK(topic.compacted == (topic.retention.count() == 0));
  }
  CHECK(names.size() == topics::kAll.size());
  CHECK(names.count(std::string{topics::kConfig}) == 1);
}
