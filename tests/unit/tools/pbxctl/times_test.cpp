#include "pbxctl/times.hpp"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>

using namespace pbx::pbxctl;

namespace {

/// The process' time zone, as it was again at the end.
class Zone {
 public:
  explicit Zone(const char* name) {
    if (const char* before = std::getenv("TZ")) before_ = before;
    setenv("TZ", name, 1);
    tzset();
  }
  ~Zone() {
    before_.empty() ? unsetenv("TZ") : setenv("TZ", before_.c_str(), 1);
    tzset();
  }
  Zone(const Zone&) = delete;
  Zone& operator=(const Zone&) = delete;

 private:
  std::string before_;
};

constexpr std::int64_t kNow = 1'767'225'600'000;  // 2026-01-01 00:00:00 UTC

}  // namespace

TEST_CASE("Durations read as people say them", "[pbxctl]") {
  const auto [ms, expected] = GENERATE(table<std::int64_t, std::string>({
      {0, "0s"},
      {-5, "0s"},
      {999, "0s"},
      {7'000, "7s"},
      {65'999, "1m05s"},
      {3'600'000, "1h00m00s"},
      {7'209'000, "2h00m09s"},
      {273'840'000, "3d04h04m"},
  }));
  CHECK(duration_text(ms) == expected);
}

TEST_CASE("Times are the user's own", "[pbxctl]") {
  CHECK(local_time(0).empty());
  {
    const Zone utc{"UTC0"};
    CHECK(local_time(kNow) == "2026-01-01 00:00:00");
  }
  const Zone east{"XXX-2"};
  CHECK(local_time(kNow) == "2026-01-01 02:00:00");
}

TEST_CASE("A duration needs units that exist", "[pbxctl]") {
  CHECK(parse_duration("90s") == 90'000);
  CHECK(parse_duration("1h30m") == 5'400'000);
  CHECK(parse_duration("2d") == 172'800'000);
  CHECK(parse_duration("1w") == 604'800'000);
  for (const char* wrong : {"", "5", "h", "1x", "-1h", "1h-5m", "1.5h", " 1h",
                            "99999999999999999999h", "9999999999w"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_duration(wrong));
  }
}

TEST_CASE("A moment is a time ago or a date", "[pbxctl]") {
  const Zone east{"XXX-2"};
  CHECK(parse_moment("1h", kNow) == kNow - 3'600'000);
  CHECK(parse_moment("2026-01-01 02:00", kNow) == kNow);
  CHECK(parse_moment("2026-01-01T02:00:01", kNow) == kNow + 1000);
  CHECK(parse_moment("2026-01-01T00:00:00Z", kNow) == kNow);
  CHECK(parse_moment("2026-01-01", kNow) == kNow - 7'200'000);
  for (const char* wrong : {"", "yesterday", "2026-13-01", "2026-02-31", "2026-01-01 25:00", "Z"}) {
    CAPTURE(wrong);
    CHECK_FALSE(parse_moment(wrong, kNow));
  }
}
