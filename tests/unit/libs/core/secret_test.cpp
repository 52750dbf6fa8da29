#include "core/secret.hpp"

#include <catch2/catch.hpp>

#include <sstream>

using namespace pbx;

TEST_CASE("A secret never prints", "[core]") {
  std::ostringstream out;
  out << Secret{"hunter2"};
  CHECK(out.str() == "***");
}

TEST_CASE("Comparison in constant time tells equal from unequal", "[core]") {
  CHECK(equal_in_constant_time("", ""));
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abc", "abcd"));
}
