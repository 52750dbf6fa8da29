#include "runtime/workers.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <catch2/catch.hpp>
#include <future>
#include <mutex>
#include <set>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "pbx/config/v1/common.pb.h"
#include "runtime/health.hpp"
#include "runtime/spawn.hpp"

using namespace pbx;
using namespace std::chrono_literals;
namespace asio = boost::asio;

namespace {

config::v1::Process process() {
  config::v1::Process made;
  made.set_node("test");
  made.set_log_level("error");
  return made;
}

/// What happened where. Assertions are for the main thread only, so others report to it.
struct Ledger {
  void note(const std::string& what) {
    const std::unique_lock lock{mutex};
    events.push_back(what);
    threads.insert(std::this_thread::get_id());
  }
  void expect(bool truth) {
    if (!truth) note("a rule was broken");
  }
  std::mutex mutex;
  std::vector<std::string> events;
  std::set<std::thread::id> threads;
};

struct Counter {
  Counter(runtime::Loop& on, unsigned at, Ledger& to)
      : loop{on}, index{at}, ledger{to}, home{std::this_thread::get_id()} {
    ledger.expect(loop.index() == index);
    ledger.note("made");
  }
  Counter(const Counter&) = delete;
  Counter& operator=(const Counter&) = delete;
  ~Counter() {
    ledger.expect(home == std::this_thread::get_id());
    ledger.note("gone");
  }

  runtime::Loop& loop;
  const unsigned index;
  Ledger& ledger;
  const std::thread::id home;
  int value = 0;
};

/// Fails to start on the second worker.
struct Fragile {
  Fragile(runtime::Loop&, unsigned index, Ledger& to) : ledger{to} {
    if (index == 1) throw std::runtime_error{"worker 1 cannot start"};
    ledger.note("made");
  }
  Fragile(const Fragile&) = delete;
  Fragile& operator=(const Fragile&) = delete;
  ~Fragile() { ledger.note("gone"); }
  Ledger& ledger;
};

/// Has a coroutine that looks at it until it is cancelled, and notes when that has ended.
struct WithTask {
  WithTask(runtime::Loop& loop, unsigned, Ledger& to) : ledger{to}, timer{loop.context()} {
    timer.expires_after(1h);
    runtime::spawn(loop.context().get_executor(), "waiting", wait(&timer, &ledger));
  }
  static asio::awaitable<void> wait(asio::steady_timer* timer, Ledger* ledger) {
    constexpr auto as_tuple = asio::as_tuple(asio::use_awaitable);
    const auto [error] = co_await timer->async_wait(as_tuple);
    ledger->note(error == asio::error::operation_aborted ? "cancelled" : "fired");
  }
  Ledger& ledger;
  asio::steady_timer timer;
};

}  // namespace

TEST_CASE("Each worker has its object, on its own thread from birth to death", "[workers]") {
  runtime::Application app{"test", "0", process()};
  Ledger ledger;
  {
    runtime::Workers<Counter> workers{app, 3, ledger};
    CHECK(workers.size() == 3);
    CHECK(ledger.events == std::vector<std::string>(3, "made"));
    CHECK(ledger.threads.size() == 3);

    constexpr int posts = 300;
    for (int i = 0; i < posts; ++i) {
      workers.post(static_cast<unsigned>(i) % 3, [](Counter& counter) {
        counter.ledger.expect(counter.home == std::this_thread::get_id());
        ++counter.value;
      });
    }
    std::atomic<int> sum{0};
    CHECK(workers.for_each([&](Counter& counter) { sum += counter.value; }));
    CHECK(sum == posts);
    CHECK(workers.all([](Counter& counter) { return counter.value == posts / 3; }));
    CHECK_FALSE(workers.all([](Counter& counter) { return counter.index != 1; }));
    workers.post_all([](Counter& counter) { counter.value = -1; });
    CHECK(workers.all([](Counter& counter) { return counter.value == -1; }));

    workers.stop();
    workers.stop();
    CHECK(ledger.events.size() == 6);
    CHECK(ledger.threads.size() == 3);
    CHECK_FALSE(workers.all([](Counter&) { return true; }));
  }
  CHECK(ledger.events.size() == 6);
}

TEST_CASE("A worker that cannot start takes the others down, and its reason comes out",
          "[workers]") {
  runtime::Application app{"test", "0", process()};
  Ledger ledger;
  CHECK_THROWS_WITH((runtime::Workers<Fragile>{app, 3, ledger}), "worker 1 cannot start");
  CHECK(std::count(ledger.events.begin(), ledger.events.end(), "made") == 2);
  CHECK(std::count(ledger.events.begin(), ledger.events.end(), "gone") == 2);
}

TEST_CASE("A worker that hangs is no more ready, and does not hold up the one who asks",
          "[workers]") {
  runtime::Application app{"test", "0", process()};
  Ledger ledger;
  runtime::Workers<Counter> workers{app, 2, ledger};
  std::promise<void> release;
  workers.post(1, [hang = release.get_future().share()](Counter&) { hang.wait(); });
  const auto start = std::chrono::steady_clock::now();
  CHECK_FALSE(workers.all([](Counter&) { return true; }));
  CHECK(std::chrono::steady_clock::now() - start < 5s);
  CHECK(app.health().stuck(std::chrono::steady_clock::now()).empty());
  CHECK(app.health().stuck(std::chrono::steady_clock::now() + 1min).size() == 2);
  release.set_value();
  CHECK(workers.for_each([](Counter&) {}));
}

TEST_CASE("Coroutines of a worker see that they are cancelled before their loop goes",
          "[workers]") {
  runtime::Application app{"test", "0", process()};
  Ledger ledger;
  {
    runtime::Workers<WithTask> workers{app, 2, ledger};
    CHECK(workers.for_each([](WithTask&) {}));
    CHECK(runtime::spawned_tasks() == 2);
  }
  CHECK(runtime::spawned_tasks() == 0);
  CHECK(ledger.events == std::vector<std::string>(2, "cancelled"));
}

TEST_CASE("Steps of a drain run in order, then it waits for conditions and tasks", "[workers]") {
  runtime::Application app{"test", "0", process()};
  std::string trace;
  asio::steady_timer timer{app.loop(), 1h};
  Ledger ledger;
  runtime::spawn(app.loop().get_executor(), "waiting", WithTask::wait(&timer, &ledger));
  bool ready_before = false;
  app.ready_when("always", [] { return true; });
  app.on_drain([&] { trace += 'a'; });
  app.on_drain([&] { trace += 'b'; });
  int asked = 0;
  app.drained_when("patience", [&] {
    if (++asked == 3) timer.cancel();
    return asked >= 3;
  });
  asio::post(app.loop(), [&] {
    ready_before = app.health().missing().empty();
    std::thread{[&] { app.stop(); }}.join();
  });
  CHECK(app.health().missing() == std::vector<std::string>{"starting"});
  app.run_until_signalled();
  CHECK(ready_before);
  CHECK(trace == "ab");
  CHECK(asked >= 3);
  CHECK(runtime::spawned_tasks() == 0);
  CHECK(app.health().missing() == std::vector<std::string>{"draining"});
}
