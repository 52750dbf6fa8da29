#include "sip/timer_wheel.hpp"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <map>
#include <random>
#include <vector>

using namespace pbx;
using namespace std::chrono_literals;
using sip::TimerWheel;
using sip::WheelTimer;

namespace {

const TimerWheel::Time kOrigin{1'000'000h};

struct Named : WheelTimer {
  explicit Named(int number) : name{number} {}
  int name;
};

std::vector<int> fired_at(TimerWheel& wheel, TimerWheel::Time now) {
  std::vector<int> names;
  wheel.advance(now, [&](WheelTimer& timer) { names.push_back(static_cast<Named&>(timer).name); });
  return names;
}

}  // namespace

TEST_CASE("A timer fires at its time and never before", "[sip][wheel]") {
  const auto delay = GENERATE(1ms, 2ms, 255ms, 256ms, 257ms, 500ms, 65'535ms, 65'536ms, 65'537ms,
                              180'000ms, 16'777'216ms, 100'000'000ms, 5'000'000'000ms);
  const auto start = GENERATE(0ms, 1ms, 255ms, 65'535ms, 70'000ms);
  CAPTURE(delay.count(), start.count());
  TimerWheel wheel{kOrigin};
  CHECK(fired_at(wheel, kOrigin + start).empty());
  Named timer{1};
  wheel.start(timer, kOrigin + start + delay);
  CHECK(timer.running());
  CHECK(fired_at(wheel, kOrigin + start + delay - 1ms).empty());
  CHECK(fired_at(wheel, kOrigin + start + delay) == std::vector{1});
  CHECK_FALSE(timer.running());
  CHECK(wheel.size() == 0);
  CHECK(wheel.next_deadline() == std::nullopt);
}

TEST_CASE("Parts of a millisecond count as a whole one", "[sip][wheel]") {
  TimerWheel wheel{kOrigin};
  Named timer{1};
  wheel.start(timer, kOrigin + 1500us);
  CHECK(fired_at(wheel, kOrigin + 1999us).empty());
  CHECK(fired_at(wheel, kOrigin + 2ms) == std::vector{1});
}

TEST_CASE("Timers fire in the order of their times", "[sip][wheel]") {
  TimerWheel wheel{kOrigin};
  std::deque<Named> timers;
  const std::vector<int> delays{70'000, 3, 300, 1, 256, 65'536, 2};
  for (const int delay : delays) {
    wheel.start(timers.emplace_back(delay), kOrigin + std::chrono::milliseconds{delay});
  }
  CHECK(fired_at(wheel, kOrigin + 100s) == std::vector{1, 2, 3, 256, 300, 65'536, 70'000});
}

TEST_CASE("A deadline that has passed fires at the next advance", "[sip][wheel]") {
  TimerWheel wheel{kOrigin};
  fired_at(wheel, kOrigin + 10s);
  Named timer{1};
  wheel.start(timer, kOrigin + 5s);
  CHECK(wheel.next_deadline() <= kOrigin + 10s);
  CHECK(fired_at(wheel, kOrigin + 10s) == std::vector{1});
  wheel.start(timer, kOrigin - 5s);
  CHECK(fired_at(wheel, kOrigin + 10s) == std::vector{1});
}

TEST_CASE("A cancelled or restarted timer does not fire at its old time", "[sip][wheel]") {
  TimerWheel wheel{kOrigin};
  Named cancelled{1};
  Named restarted{2};
  {
    Named ended{3};
    wheel.start(ended, kOrigin + 5ms);
  }
  wheel.start(cancelled, kOrigin + 5ms);
  wheel.start(restarted, kOrigin + 5ms);
  cancelled.cancel();
  cancelled.cancel();
  wheel.start(restarted, kOrigin + 7ms);
  CHECK(wheel.size() == 1);
  CHECK(fired_at(wheel, kOrigin + 6ms).empty());
  CHECK(fired_at(wheel, kOrigin + 7ms) == std::vector{2});
}

TEST_CASE("A fired timer may start, cancel and destroy any", "[sip][wheel]") {
  TimerWheel wheel{kOrigin};
  Named first{1};
  auto victim = std::make_unique<Named>(2);
  Named third{3};
  wheel.start(third, kOrigin + 5ms);
  wheel.start(*victim, kOrigin + 5ms);
  wheel.start(first, kOrigin + 4ms);
  std::vector<int> names;
  wheel.advance(kOrigin + 10ms, [&](WheelTimer& timer) {
    const int name = static_cast<Named&>(timer).name;
    names.push_back(name);
    if (name == 1 && names.size() == 1) {
      victim.reset();
      wheel.start(first, kOrigin + 6ms);
    }
    if (name == 3) wheel.start(third, kOrigin + 1ms);
  });
  CHECK(names == std::vector{1, 3, 1});
  CHECK(wheel.size() == 1);
  CHECK(fired_at(wheel, kOrigin + 10ms) == std::vector{3});
}

TEST_CASE("A timer outlives its wheel unharmed", "[sip][wheel]") {
  Named timer{1};
  {
    TimerWheel wheel{kOrigin};
    wheel.start(timer, kOrigin + 5ms);
  }
  CHECK_FALSE(timer.running());
}

TEST_CASE("The wheel does what a sorted list does", "[sip][wheel]") {
  const auto seed = GENERATE(1u, 2u, 3u, 4u, 5u, 6u);
  std::mt19937 random{seed};
  const auto below = [&random](std::uint64_t bound) { return random() % bound; };
  TimerWheel wheel{kOrigin};
  std::deque<Named> timers;
  for (int i = 0; i < 200; ++i) timers.emplace_back(i);
  std::map<int, std::uint64_t> model;
  std::uint64_t now = 0;
  for (int step = 0; step < 4000; ++step) {
    const auto name = static_cast<int>(below(timers.size()));
    auto& timer = timers[static_cast<std::size_t>(name)];
    switch (below(4)) {
      case 0:
      case 1: {
        const std::uint64_t spans[] = {10, 600, 40'000, 200'000, 20'000'000};
        const std::uint64_t due = now + below(spans[below(5)]);
        wheel.start(timer, kOrigin + std::chrono::milliseconds{due});
        model[name] = due;
        break;
      }
      case 2:
        timer.cancel();
        model.erase(name);
        break;
      default: {
        const std::uint64_t steps[] = {1, 300, 70'000, 1'000'000};
        now += below(steps[below(4)]);
        std::vector<std::pair<std::uint64_t, int>> expected;
        for (const auto& [key, due] : model) {
          if (due <= now) expected.emplace_back(due, key);
        }
        std::vector<int> names = fired_at(wheel, kOrigin + std::chrono::milliseconds{now});
        std::vector<std::pair<std::uint64_t, int>> got;
        for (const int fired : names) got.emplace_back(model[fired], fired);
        std::sort(expected.begin(), expected.end());
        std::sort(got.begin(), got.end());
        REQUIRE(got == expected);
        for (const auto& [due, key] : expected) model.erase(key);
      }
    }
    REQUIRE(wheel.size() == model.size());
    const auto deadline = wheel.next_deadline();
    REQUIRE(deadline.has_value() == !model.empty());
    if (deadline) {
      std::uint64_t earliest = ~std::uint64_t{0};
      for (const auto& [key, due] : model) earliest = std::min(earliest, due);
      REQUIRE(*deadline <= kOrigin + std::chrono::milliseconds{std::max(earliest, now)});
      if (earliest > now) REQUIRE(*deadline > kOrigin + std::chrono::milliseconds{now});
    }
  }
}
