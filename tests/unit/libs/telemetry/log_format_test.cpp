#include "telemetry/log_format.hpp"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "core/errc.hpp"
#include "core/ids.hpp"

using namespace pbx;
using namespace std::string_literals;

namespace {

std::string json(std::string_view text) {
  std::string out;
  log::append_json(out, text);
  return out;
}

Clock::Wall at(std::int64_t milliseconds) {
  return Clock::Wall{std::chrono::milliseconds{milliseconds}};
}

std::string line(log::Fields fields) {
  std::string out;
  log::append_line(out, {at(1'795'530'076'007), log::Level::Warn, "proxy", "p1", "call refused"},
                   fields);
  return out;
}

constexpr std::string_view kHead =
    R"({"ts":"2026-11-24T14:21:16.007Z","level":"warn","service":"proxy","node":"p1",)"
    R"("event":"call refused")";

}  // namespace

TEST_CASE("Text from strangers becomes valid JSON whatever its bytes are", "[log]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"", R"("")"},
      {"plain text", R"("plain text")"},
      {"a\"b\\c/d", R"("a\"b\\c/d")"},
      {"\r\n\t", R"("\r\n\t")"},
      {"\0\x01\x1f\x7f"s, R"("\u0000\u0001\u001f\u007f")"},
      {"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x93\x9E", "\"\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x93\x9E\""},
      {"\xFF", "\"\xEF\xBF\xBD\""},                  // never a first byte
      {"\x80x", "\"\xEF\xBF\xBDx\""},                // continuation without a first byte
      {"\xC3", "\"\xEF\xBF\xBD\""},                  // cut short
      {"\xC3(", "\"\xEF\xBF\xBD(\""},                // wrong continuation
      {"\xC0\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\""},  // overlong '/'
      {"\xE0\x80\xAF", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xED\xA0\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},  // a surrogate
      {"\xF4\x90\x80\x80", "\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\""},
      {"\xF4\x8F\xBF\xBF", "\"\xF4\x8F\xBF\xBF\""},                  // U+10FFFF, the last
      {"\xED\x9F\xBF\xEE\x80\x80", "\"\xED\x9F\xBF\xEE\x80\x80\""},  // around the surrogates
  }));
  CAPTURE(text);
  CHECK(json(text) == expected);
}

TEST_CASE("Times are RFC 3339 with milliseconds", "[log]") {
  const auto [time, expected] = GENERATE(table<std::int64_t, std::string>({
      {0, "1970-01-01T00:00:00.000Z"},
      {999, "1970-01-01T00:00:00.999Z"},
      {1'709'210'096'007, "2024-02-29T12:34:56.007Z"},
      {4'102'444'799'999, "2099-12-31T23:59:59.999Z"},
      {-1, "1969-12-31T23:59:59.999Z"},
  }));
  std::string out;
  log::append_time(out, at(time));
  CHECK(out == expected);
}

TEST_CASE("A line is one JSON object with its fields in their order", "[log]") {
  const std::string aor = "sip:1001@hq";
  CHECK(line({}) == std::string{kHead} + "}\n");
  CHECK(line({{"tenant", TenantId{7}},
              {"aor", aor},
              {"expires", -3},
              {"bytes", std::numeric_limits<std::uint64_t>::max()},
              {"load", 0.5},
              {"tls", true},
              {"took_ms", std::chrono::seconds{2}},
              {"error", make_error_code(Errc::Timeout)}}) ==
        std::string{kHead} +
            R"(,"tenant":7,"aor":"sip:1001@hq","expires":-3,"bytes":18446744073709551615,)"
            R"("load":0.5,"tls":true,"took_ms":2000,"error":")" +
            make_error_code(Errc::Timeout).message() + "\"}\n");
}

TEST_CASE("A number that JSON does not have is null", "[log]") {
  CHECK(line({{"a", std::numeric_limits<double>::infinity()},
              {"b", std::numeric_limits<double>::quiet_NaN()}}) ==
        std::string{kHead} + R"(,"a":null,"b":null})" + "\n");
}

TEST_CASE("A field that would make a line too long is left out, and the line says so", "[log]") {
  const std::string huge(log::kMaxLine, 'x');
  CHECK(line({{"before", 1}, {"huge", huge}, {"after", 2}}) ==
        std::string{kHead} + R"(,"before":1,"after":2,"cut":true})" + "\n");
}

TEST_CASE("Levels have names that can be read back", "[log]") {
  for (const auto level :
       {log::Level::Debug, log::Level::Info, log::Level::Warn, log::Level::Error}) {
    CHECK(log::parse_level(log::to_string(level)) == level);
  }
  CHECK_FALSE(log::parse_level("warning"));
  CHECK_FALSE(log::parse_level(""));
}
