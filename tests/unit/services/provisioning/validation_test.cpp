#include "provisioning/domain/validation.hpp"

#include <catch2/catch.hpp>

#include "provisioning/domain/paging.hpp"

using namespace pbx;
using namespace pbx::provisioning;

namespace {

/// The stored form, or the refusal in brackets.
std::string told(const Outcome<std::string>& outcome) {
  return outcome
             ? *outcome
             : "[" + outcome.refusal().message.substr(0, outcome.refusal().message.find(':')) + "]";
}

}  // namespace

TEST_CASE("Domain names are host names of two labels or more, kept in lower case",
          "[provisioning]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"hq.north.pbx.test", "hq.north.pbx.test"},
      {"HQ.North.TEST", "hq.north.test"},
      {"a-b.c1", "a-b.c1"},
      {"xn--bcher-kva.example", "xn--bcher-kva.example"},
      {std::string(63, 'a') + ".test", std::string(63, 'a') + ".test"},
      {"", "[name]"},
      {"localhost", "[name]"},
      {"10.0.0.1", "[name]"},
      {"a..b", "[name]"},
      {".a.b", "[name]"},
      {"a.b.", "[name]"},
      {"-a.b", "[name]"},
      {"a-.b", "[name]"},
      {"a_b.c", "[name]"},
      {"a b.c", "[name]"},
      {"a.b\n", "[name]"},
      {std::string("a\0b.c", 5), "[name]"},
      {"b\xC3\xBC"
       "cher.example",
       "[name]"},
      {std::string(64, 'a') + ".test", "[name]"},
      {std::string(250, 'a') + ".test", "[name]"},
  }));
  CAPTURE(text);
  CHECK(told(domain_name(text)) == expected);
}

TEST_CASE("Extensions stand in a SIP URI without escapes", "[provisioning]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"1001", "1001"},
      {"+4930123456", "+4930123456"},
      {"*97", "*97"},
      {"anna.b_c-d", "anna.b_c-d"},
      {std::string(32, '1'), std::string(32, '1')},
      {"", "[extension]"},
      {std::string(33, '1'), "[extension]"},
      {"Anna", "[extension]"},
      {"10 01", "[extension]"},
      {"1001@x", "[extension]"},
      {"10#", "[extension]"},
      {"10;a", "[extension]"},
      {"dev-7", "[extension]"},
      {std::string("1\0", 2), "[extension]"},
  }));
  CAPTURE(text);
  CHECK(told(extension(text)) == expected);
}

TEST_CASE("MAC addresses are taken as phones show them", "[provisioning]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"", ""},
      {"00155D0a1b2C", "00155d0a1b2c"},
      {"00:15:5d:0a:1b:2c", "00155d0a1b2c"},
      {"00-15-5D-0A-1B-2C", "00155d0a1b2c"},
      {"0015.5d0a.1b2c", "00155d0a1b2c"},
      {"00155d0a1b2", "[mac]"},
      {"00155d0a1b2c0", "[mac]"},
      {"00155d0a1b2g", "[mac]"},
      {":::::", "[mac]"},
      {"00:15:5d:0a:1b:2c::::::", "[mac]"},
  }));
  CAPTURE(text);
  CHECK(told(mac(text)) == expected);
}

TEST_CASE("Display names are clean text", "[provisioning]") {
  const auto [text, good] = GENERATE(table<std::string, bool>({
      {"", true},
      {"Anna \"the boss\" Smith", true},
      {"Zo\xC3\xAB \xE2\x98\x8E \xF0\x9F\x98\x80", true},
      {std::string(128, 'x'), true},
      {std::string(129, 'x'), false},
      {"line\nfeed", false},
      {std::string("nul\0", 4), false},
      {"c1 \xC2\x85", false},
      {"overlong \xC0\xAF", false},
      {"overlong \xE0\x80\xAF", false},
      {"surrogate \xED\xA0\x80", false},
      {"too high \xF4\x90\x80\x80", false},
      {"cut \xE2\x98", false},
      {"alone \x98", false},
  }));
  CAPTURE(text);
  CHECK(bool{display_name(text)} == good);
}

TEST_CASE("Passwords have at least eight printable characters", "[provisioning]") {
  CHECK_FALSE(password("1234567"));
  CHECK(password("12345678"));
  CHECK(password(std::string(128, 'x')));
  CHECK_FALSE(password(std::string(129, 'x')));
  CHECK_FALSE(password("tab\tinside"));
  CHECK_FALSE(password("umlaut \xC3\xBC"));
}

TEST_CASE("A scope is an account path; none is the platform", "[provisioning]") {
  CHECK(told(scope("")) == "1");
  CHECK(told(scope("1")) == "1");
  CHECK(told(scope("1.4.9")) == "1.4.9");
  for (const std::string text : {".", "1.", ".1", "1..2", "a", "1.*", "1' OR '1", " 1"}) {
    CAPTURE(text);
    CHECK(told(scope(text)) == "[scope]");
  }
}

TEST_CASE("A page's size and token are checked", "[provisioning]") {
  common::v1::PageRequest request;
  CHECK(page_of(request)->size == 100);
  request.set_size(1000);
  request.set_token("77");
  CHECK(page_of(request)->size == 1000);
  CHECK(page_of(request)->after == 77);
  request.set_size(1001);
  CHECK_FALSE(page_of(request));
  request.set_size(1);
  for (const std::string token : {"x", "7x", "-1", "99999999999999999999"}) {
    request.set_token(token);
    CHECK_FALSE(page_of(request));
  }
}
