#include "pbxctl/text.hpp"

#include <catch2/catch.hpp>

using namespace pbx::pbxctl;

TEST_CASE("What phones say about themselves cannot drive the operator's terminal", "[pbxctl]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"Reception", "Reception"},
      {"Zoë Ångström", "Zoë Ångström"},
      {"日本", "日本"},
      {"\x1b[2Jgone", "\uFFFD[2Jgone"},
      {"a\nb\tc", "a\uFFFDb\uFFFDc"},
      {std::string("a\0b", 3), "a\uFFFDb"},
      {"\xC2\x9B"
       "31m",
       "\uFFFD31m"},                           // C1: CSI in one character
      {"a\u202Egpj.exe", "a\uFFFDgpj.exe"},    // right-to-left override
      {"cut \xE6\x97", "cut \uFFFD\uFFFD"},    // the start of a character
      {"\xFF\xC0\x80", "\uFFFD\uFFFD\uFFFD"},  // never UTF-8
      {"\xED\xA0\x80", "\uFFFD\uFFFD\uFFFD"},  // a surrogate
  }));
  CHECK(printable(text) == expected);
}

TEST_CASE("Width counts columns, not bytes", "[pbxctl]") {
  CHECK(display_width("") == 0);
  CHECK(display_width("1001") == 4);
  CHECK(display_width("Zoë") == 3);
  CHECK(display_width("e\u0301") == 1);  // e and a combining acute
  CHECK(display_width("日本") == 4);
}

TEST_CASE("Shortening keeps whole characters and says that it cut", "[pbxctl]") {
  CHECK(shortened("1001", 4) == "1001");
  CHECK(shortened("10010", 4) == "100…");
  CHECK(shortened("日本語", 5) == "日本…");
  CHECK(shortened("日本語", 4) == "日…");
  CHECK(shortened("abc", 1) == "…");
  CHECK(shortened("abc", 0).empty());
}

TEST_CASE("Quotes survive a shell", "[pbxctl]") {
  CHECK(shell_quoted("plain") == "'plain'");
  CHECK(shell_quoted("it's $HOME") == "'it'\\''s $HOME'");
}
