#include "telemetry/rate_limited.hpp"

#include <atomic>
#include <catch2/catch.hpp>
#include <thread>
#include <vector>

using namespace pbx;
using namespace std::chrono_literals;

TEST_CASE("An event that strangers cause is logged so many times a second", "[log]") {
  log::RateLimited limited{log::Level::Warn, "bad packet", 3};
  const log::RateLimited::Time start{1000s};
  for (int i = 0; i < 3; ++i) CHECK(limited.admit(start + 100ms * i));
  CHECK_FALSE(limited.admit(start + 900ms));
  CHECK_FALSE(limited.admit(start + 999ms));
  CHECK(limited.admit(start + 1s));
  CHECK(limited.take_left_out() == 2);
  CHECK(limited.take_left_out() == 0);
  CHECK(limited.admit(start + 2s));
}

TEST_CASE("The limit holds for all threads together", "[log]") {
  constexpr int threads = 4;
  constexpr int tries = 10'000;
  log::RateLimited limited{log::Level::Warn, "bad packet", 100};
  std::atomic<int> admitted{0};
  std::vector<std::thread> sources;
  for (int i = 0; i < threads; ++i) {
    sources.emplace_back([&] {
      for (int j = 0; j < tries; ++j) admitted += limited.admit(log::RateLimited::Time{5s}) ? 1 : 0;
    });
  }
  for (auto& source : sources) source.join();
  CHECK(admitted == 100);
  CHECK(limited.take_left_out() == threads * tries - 100);
}
