#include <catch2/catch.hpp>

#include "core/keyed_hash.hpp"

using namespace pbx;

TEST_CASE("A keyed hash depends on key, purpose and every byte", "[core]") {
  const Secret key{"0123456789abcdef"};
  const KeyedHash hash{key, "one"};
  CHECK(hash("text") == KeyedHash{key, "one"}("text"));
  CHECK(hash("text") != KeyedHash{key, "two"}("text"));
  CHECK(hash("text") != KeyedHash{Secret{"0123456789abcdeg"}, "one"}("text"));
  CHECK(hash("text") != hash("texu"));
  CHECK(hash("") != hash(std::string_view{"\0", 1}));
  CHECK(hash("1234567") != hash("12345678"));
  CHECK(KeyedHash{}("text") != KeyedHash{}("text"));
}
