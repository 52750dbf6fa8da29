#include "billing/domain/list_token.hpp"

#include <catch2/catch.hpp>

#include "core/bytes.hpp"

using namespace pbx;
using namespace pbx::billing;

TEST_CASE("A list's token leads back to where the page ended", "[billing]") {
  const ListToken token{1'750'000'000'123, "call:with:colons"};
  CHECK(parse_token(to_text(token)) == token);
  for (const std::string plain : {"", "12", "12:", ":a", "x:a", "-1:a"}) {
    CAPTURE(plain);
    CHECK_FALSE(parse_token(to_base64url(plain)));
  }
  CHECK_FALSE(parse_token("not base64!"));
  CHECK_FALSE(parse_token(to_base64url(std::string{"1:a\0b", 5})));
}
