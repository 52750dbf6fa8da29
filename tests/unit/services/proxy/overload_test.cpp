#include "proxy/domain/overload.hpp"

#include <catch2/catch.hpp>

#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using proxy::Backlog;
using proxy::Excess;

namespace {

/// A backend that answers `speed` requests a millisecond, in their order.
struct Backend {
  explicit Backend(double a_ms) : speed{a_ms} {}

  /// Offers `a_ms` a millisecond for that long; gives how many were taken.
  std::size_t offer(double a_ms, std::chrono::milliseconds time) {
    std::size_t taken = 0;
    for (int i = 0; i < time.count(); ++i) {
      now += 1ms;
      for (offered += a_ms; offered >= 1; --offered) {
        if (!backlog.admits(now)) continue;
        backlog.begin(now);
        ++taken;
      }
      most = std::max(most, backlog.waiting());
      for (done += speed; done >= 1; --done) {
        if (backlog.waiting() > 0) backlog.end(now);
      }
    }
    return taken;
  }

  double speed;
  double offered = 0;
  double done = 0;
  std::size_t most = 0;
  Clock::Steady now{1h};
  Backlog backlog;
};

}  // namespace

TEST_CASE("What a backend can do is all taken", "[proxy][overload]") {
  Backend backend{5};
  CHECK(backend.offer(4.5, 10s) == 45'000);
}

TEST_CASE("Twice what a backend can do is half refused, and nobody waits long",
          "[proxy][overload]") {
  Backend backend{5};
  backend.offer(10, 1s);
  backend.most = 0;
  const auto taken = backend.offer(10, 10s);
  CHECK(taken > 48'000);
  CHECK(taken < 52'000);
  CHECK(static_cast<double>(backend.most) / backend.speed <= 250);
  backend.offer(1, 1s);
  CHECK(backend.backlog.waiting() < 10);
}

TEST_CASE("A burst after silence is taken", "[proxy][overload]") {
  Backend backend{5};
  backend.offer(0.01, 1s);
  CHECK(backend.offer(500, 3ms) == 1'500);
}

TEST_CASE("A backend that stands still is not waited for by many", "[proxy][overload]") {
  Backend backend{5};
  backend.offer(10, 2s);
  backend.speed = 0;
  backend.offer(10, 2s);
  CHECK_FALSE(backend.backlog.admits(backend.now));
  backend.speed = 5;
  backend.offer(10, 2s);
  CHECK(backend.offer(10, 1s) > 4'000);
}

TEST_CASE("When the backends are slow new calls and registrations get 503", "[proxy][overload]") {
  test::World world;
  const auto refused_for = [&](Excess excess) { return world.metrics.overload(excess).Value(); };
  const auto fill = [&](Backlog& backlog) {
    for (std::size_t i = 0; i < Backlog::kBlind; ++i) backlog.begin(world.clock.steady());
  };
  SECTION("calls") {
    fill(world.overload.calls);
    world.receive(test::invite());
    const auto refused = world.next();
    CHECK(refused.status() == 503);
    CHECK(refused.message->has(sip::HeaderId::RetryAfter));
    CHECK(refused_for(Excess::Calls) == 1);
  }
  SECTION("packets wait: whatever is new") {
    world.overload.receiving = 200ms;
    world.receive(test::invite());
    CHECK(world.next().status() == 503);
    CHECK(refused_for(Excess::Receiving) == 1);
    world.overload.receiving = 0ms;
    world.receive(test::invite("1002", "call-2", "z9hG4bKtwo"));
    CHECK(world.next().status() == 407);
  }
  SECTION("one backend's queue is not the other's") {
    fill(world.overload.registrations);
    world.receive(test::invite());
    CHECK(world.next().status() == 407);
    CHECK(refused_for(Excess::Registrations) + refused_for(Excess::Calls) == 0);
  }
}
