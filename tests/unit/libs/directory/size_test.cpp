#include <malloc.h>

#include <catch2/catch.hpp>

#include "directory/directory.hpp"
#include "unit/libs/directory/records.hpp"

using namespace pbx;
using namespace pbx::test;

TEST_CASE("A user takes no more than 300 bytes", "[directory]") {
  constexpr std::uint64_t kUsers = 100'000;
  directory::Directory directory;
  domain(1, 3, 9, "hq.north.pbx.test").apply_to(directory);
  const auto before = mallinfo2().uordblks;
  for (std::uint64_t i = 0; i < kUsers; ++i) {
    user(2 + i, {10 + i, 9, "hq.north.pbx.test", std::to_string(10'000 + i)}).apply_to(directory);
  }
  const auto after = mallinfo2().uordblks;
  REQUIRE(directory.counts().users == kUsers);
  CHECK((after - before) / kUsers <= 300);  // a sanitizer's allocator shows 0
}

TEST_CASE("Look-ups survive growing and shrinking", "[directory]") {
  constexpr std::uint64_t kUsers = 20'000;
  directory::Directory directory;
  domain(1, 3, 9, "hq.test").apply_to(directory);
  const auto facts = [](std::uint64_t i) {
    return UserFacts{10 + i, 9, "hq.test", std::to_string(10'000 + i)};
  };
  for (std::uint64_t i = 0; i < kUsers; ++i) user(2 + i, facts(i)).apply_to(directory);
  for (std::uint64_t i = 0; i < kUsers; i += 2) gone("user", 10 + i).apply_to(directory);
  std::uint64_t wrong = 0;
  for (std::uint64_t i = 0; i < kUsers; ++i) {
    const bool found = directory.user("hq.test", std::to_string(10'000 + i)) != nullptr;
    if (found != (i % 2 == 1)) ++wrong;
  }
  CHECK(wrong == 0);
  CHECK(directory.counts().users == kUsers / 2);
}
