#include "pbxctl/table.hpp"

#include <catch2/catch.hpp>
#include <sstream>

using namespace pbx::pbxctl;

namespace {

std::string printed(const Table& table, std::size_t width = 0) {
  std::ostringstream out;
  table.print(out, width);
  return out.str();
}

Table sample() {
  Table table{{{"USER"}, {"NAME", Column::Align::Left, true}, {"N", Column::Align::Right}}};
  table.add({"1001", "Zoë", "7"});
  table.add({"1002", "日本 Taro of the night shift", "12"});
  return table;
}

}  // namespace

TEST_CASE("Columns are as wide as their widest cell and line up", "[pbxctl]") {
  CHECK(printed(sample()) ==
        "USER  NAME                           N\n"
        "1001  Zoë                            7\n"
        "1002  日本 Taro of the night shift  12\n");
}

TEST_CASE("A narrow terminal cuts the columns that may shrink, and only those", "[pbxctl]") {
  CHECK(printed(sample(), 30) ==
        "USER  NAME                   N\n"
        "1001  Zoë                    7\n"
        "1002  日本 Taro of the ni…  12\n");
  const auto narrow = printed(sample(), 5);
  CHECK(narrow.find("1002  日本 Taro o…  12") != std::string::npos);
}

TEST_CASE("An empty cell shows, and no line ends in blanks", "[pbxctl]") {
  Table table{{{"A"}, {"B"}}};
  table.add({"", ""});
  table.add({"long value", "x"});
  CHECK(printed(table) ==
        "A           B\n"
        "-           -\n"
        "long value  x\n");
}

TEST_CASE("Details line up their values and leave out what is empty", "[pbxctl]") {
  std::ostringstream out;
  Details{}.add("User", "1001").add("Devices", "").add("State", "act\x1bive").print(out);
  CHECK(out.str() ==
        "User   1001\n"
        "State  act\uFFFDive\n");
}
