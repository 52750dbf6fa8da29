#include "proxy/domain/list_token.hpp"

#include <catch2/catch.hpp>

#include "core/bytes.hpp"

using namespace pbx;
using namespace pbx::proxy;

TEST_CASE("A list's token leads back to where the page of calls ended", "[proxy]") {
  for (const std::string sip_call_id : {"", "abc@10.0.0.1", "a:b:c", "\xff \"quoted\""}) {
    const ListToken token{9, 1'750'000'000'123, "c0ffee", sip_call_id};
    CHECK(parse_list_token(to_text(token)) == token);
  }
}

TEST_CASE("What is no token of a list of calls is refused", "[proxy]") {
  for (const std::string plain :
       {"", "9", "9:", "9:12", "9:12:", "9:12:c", "9:12::s", "0:12:c:s", ":12:c:s", "x:12:c:s",
        "9:x:c:s", "9:-1:c:s", "-9:12:c:s", "99999999999999999999:12:c:s"}) {
    CAPTURE(plain);
    CHECK_FALSE(parse_list_token(to_base64url(plain)));
  }
  CHECK_FALSE(parse_list_token("100"));  // an offset, as an earlier version gave it
  CHECK_FALSE(parse_list_token("not base64!"));
  CHECK_FALSE(parse_list_token(std::string(200'000, 'A')));
}
