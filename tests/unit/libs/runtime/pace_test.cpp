#include "runtime/pace.hpp"

#include <catch2/catch.hpp>

using namespace pbx;
using namespace std::chrono_literals;

namespace {

using Time = runtime::Pace::Time;

/// Wake-ups until `end` of a loop that always has something to do.
int wake_ups(runtime::Pace& pace, Time begin, Time end) {
  int count = 0;
  for (auto now = begin; now < end; ++count) now = std::max(now + 10us, pace.woke(now + 10us));
  return count;
}

}  // namespace

TEST_CASE("A busy loop wakes as often as it may", "[runtime]") {
  runtime::Pace pace{1000};
  const Time start{100s};
  const auto first = wake_ups(pace, start, start + 1s);
  CHECK(first >= 1000);
  CHECK(first <= 1000 + runtime::Pace::kBurst);
  const auto second = wake_ups(pace, start + 1s, start + 2s);
  CHECK(second >= 999);
  CHECK(second <= 1001);
}

TEST_CASE("A loop with little to do never waits", "[runtime]") {
  runtime::Pace pace{1000};
  Time now{100s};
  for (int i = 0; i < 1000; ++i) {
    now += 1500us;
    CHECK(pace.woke(now) <= now);
  }
  for (int i = 0; i < runtime::Pace::kBurst - 1; ++i) CHECK(pace.woke(now) <= now);
}

TEST_CASE("A rest is not saved up", "[runtime]") {
  runtime::Pace pace{1000};
  const Time start{100s};
  static_cast<void>(wake_ups(pace, start, start + 1s));
  CHECK(wake_ups(pace, start + 1h, start + 1h + 100ms) <= 100 + runtime::Pace::kBurst + 1);
}
