#include "core/bytes.hpp"

#include <catch2/catch.hpp>

#include "core/random.hpp"

using namespace pbx;

TEST_CASE("Base64url gives the texts of RFC 4648 §10 without padding", "[core]") {
  const auto [bytes, text] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"f", "Zg"},
      {"fo", "Zm8"},
      {"foo", "Zm9v"},
      {"foob", "Zm9vYg"},
      {"fooba", "Zm9vYmE"},
      {"foobar", "Zm9vYmFy"},
      {"\xfb\xff\xfe", "-__-"},
  }));
  CHECK(to_base64url(bytes) == text);
  CHECK(from_base64url(text) == bytes);
}

TEST_CASE("Base64url has one text for one value and refuses all others", "[core]") {
  CHECK_FALSE(from_base64url("Zg=="));
  CHECK_FALSE(from_base64url("Zh"));  // the same byte as Zg with stray bits
  CHECK_FALSE(from_base64url("A"));
  CHECK_FALSE(from_base64url("Zm9+"));
}

TEST_CASE("Hex reads what it wrote and refuses odd and foreign digits", "[core]") {
  std::string all(256, '\0');
  for (int i = 0; i < 256; ++i) all[static_cast<std::size_t>(i)] = static_cast<char>(i);
  CHECK(from_hex(to_hex(all)) == all);
  CHECK(from_hex("DEADbeef") == "\xde\xad\xbe\xef");
  CHECK_FALSE(from_hex("abc"));
  CHECK_FALSE(from_hex("zz"));
}

TEST_CASE("HMAC-SHA-256 gives RFC 4231's second case, and a cut one its beginning", "[core]") {
  const auto full = hmac_sha256("Jefe", "what do ya want for nothing?");
  CHECK(to_hex(full) == "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  CHECK(hmac_sha256("Jefe", "what do ya want for nothing?", 8) == full.substr(0, 8));
}

TEST_CASE("A byte reader gives back what a writer wrote and never runs past the end", "[core]") {
  ByteWriter writer;
  writer.u8(0x12);
  writer.u16(0x3456);
  writer.u32(0x789abcde);
  writer.u64(0x0123456789abcdef);
  writer.raw("tail");
  const auto bytes = writer.take();
  REQUIRE(bytes.size() == 1 + 2 + 4 + 8 + 4);

  ByteReader reader{bytes};
  CHECK(reader.u8() == 0x12);
  CHECK(reader.u16() == 0x3456);
  CHECK(reader.u32() == 0x789abcde);
  CHECK(reader.u64() == 0x0123456789abcdef);
  CHECK(reader.raw(4) == "tail");
  CHECK(reader.done());
  CHECK(reader.u16() == 0);
  CHECK_FALSE(reader.ok());

  ByteReader cut{std::string_view{bytes}.substr(0, 2)};
  cut.u32();
  CHECK_FALSE(cut.ok());
  CHECK(cut.raw(1).empty());  // once past the end, nothing more is given
}

TEST_CASE("Random tokens have the asked length, the promised alphabet and no repetition",
          "[core]") {
  std::string last;
  for (int i = 0; i < 200; ++i) {
    const auto token = random_token(20);
    CHECK(token.size() == 20);
    CHECK(token.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789") == std::string::npos);
    CHECK(token != last);
    last = token;
  }
  CHECK(random_u64() != random_u64());
}
