#include "core/key_ring.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"

using namespace pbx;

TEST_CASE("The first key of a ring makes, all check", "[core]") {
  const auto ring = KeyRing::parse(Secret{"7:0123456789abcdef,6:fedcba9876543210"});
  REQUIRE(ring);
  CHECK(ring->current().id == 7);
  CHECK(ring->current().secret.reveal() == "0123456789abcdef");
  CHECK(ring->keys().size() == 2);

  const KeyedHashes hashes{*ring, "one"};
  CHECK(hashes.id() == 7);
  REQUIRE(hashes.find(6));
  CHECK(hashes.find(5) == nullptr);
  CHECK((*hashes.find(7))("text") == hashes.current()("text"));
  const auto older = (*hashes.find(6))("text");
  CHECK(older != hashes.current()("text"));
  CHECK(hashes.any([&](const KeyedHash& hash) { return hash("text") == older; }));
  CHECK_FALSE(hashes.any([&](const KeyedHash& hash) { return hash("other") == older; }));
}

TEST_CASE("A key without an id is key 0", "[core]") {
  const auto ring = KeyRing::parse(Secret{"0123456789abcdef"});
  REQUIRE(ring);
  CHECK(ring->current().id == 0);
  CHECK(KeyRing{Secret{"0123456789abcdef"}}.current().id == 0);
}

TEST_CASE("A ring that cannot be right is refused", "[core]") {
  const auto* const text =
      GENERATE("", "short", "7:short", "x:0123456789abcdef", "256:0123456789abcdef",
               "1:0123456789abcdef,1:fedcba9876543210", "1:0123456789abcdef,2:x");
  CAPTURE(text);
  CHECK(KeyRing::parse(Secret{text}).error() == Errc::InvalidArgument);
}
