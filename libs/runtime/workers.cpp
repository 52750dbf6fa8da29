#include "runtime/workers.hpp"

#include <pthread.h>

#include <algorithm>
#include <atomic>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <condition_variable>
#include <cstdlib>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "runtime/health.hpp"
#include "runtime/loop_pulse.hpp"
#include "runtime/pace.hpp"
#include "runtime/turns.hpp"
#include "telemetry/log.hpp"

namespace pbx::runtime {

namespace asio = boost::asio;

namespace {

/// How long coroutines that a destroyed object leaves behind may take to see that they are
/// cancelled.
constexpr std::chrono::seconds kUnwind{1};

/// Counts down as workers answer; outlives the one who waits.
struct Answers {
  explicit Answers(unsigned expected) : missing{expected} {}

  void one_more() {
    const std::unique_lock lock{mutex};
    if (--missing == 0) all.notify_all();
  }
  bool wait(std::chrono::milliseconds bound) {
    std::unique_lock lock{mutex};
    return all.wait_for(lock, bound, [this] { return missing == 0; });
  }

  std::mutex mutex;
  std::condition_variable all;
  unsigned missing;
};

[[noreturn]] void die(unsigned index, const char* what) {
  log::error("a worker failed", {{"worker", index}, {"error", what}});
  log::flush();
  std::abort();
}

}  // namespace

struct WorkerThreads::Thread {
  Thread(Application& app, unsigned at, unsigned number)
      : name{"worker-" + std::to_string(number)},
        context{1},
        loop{context, app.clock(), at},
        pace{app.wakeups()},
        turns{app.metrics()},
        busy{asio::make_work_guard(context)} {}

  /// The thread's life. `made` is told when the object exists, or why it does not.
  void live(Health& health, const Factory& factory, std::promise<void> made) {
    pthread_setname_np(pthread_self(), name.c_str());
    try {
      object = factory(loop, loop.index());
    } catch (...) {
      unwind();
      made.set_exception(std::current_exception());
      return;
    }
    std::optional<LoopPulse> pulse{std::in_place, context, health.add_heartbeat(name, "worker"),
                                   [this] { turns.publish(); }};
    made.set_value();
    run();
    settle();
    pulse.reset();
    object.reset();
    unwind();
  }

  void run() {
    try {
      // run_one() waits for something to do, poll() does all that there is.
      while (context.run_one() != 0) {
        turns.ran(1 + context.poll());
        rest();
      }
    } catch (const std::exception& error) {
      die(loop.index(), error.what());
    }
  }

  void rest() {
    const auto now = Pace::Time::clock::now();
    const auto until = pace.woke(now);
    if (until <= now) return;
    std::this_thread::sleep_for(until - now);
    turns.held(until - now);
  }

  /// Runs what is due already while its owner lives: an expired timer's handler cannot be cancelled
  /// any more. What the owner's end cancels afterwards ends with an error, in unwind().
  void settle() {
    context.restart();
    context.poll();
  }

  /// Lets what was cancelled end, so that no frame of it is destroyed later without its owner.
  void unwind() {
    busy.reset();
    context.restart();
    context.run_for(kUnwind);
  }

  const std::string name;
  asio::io_context context;
  Loop loop;
  Pace pace;
  Turns turns;
  asio::executor_work_guard<asio::io_context::executor_type> busy;
  std::shared_ptr<void> object;
  std::thread thread;
};

struct WorkerThreads::Impl {
  std::vector<std::unique_ptr<Thread>> threads;
  std::mutex stop_mutex;
  std::atomic<bool> stopped{false};
};

WorkerThreads::WorkerThreads(Application& app, unsigned count, Factory factory)
    : impl_{std::make_unique<Impl>()} {
  if (count == 0) count = std::max(1U, std::thread::hardware_concurrency());
  const auto first_number = app.health().reserve_worker_numbers(count);
  std::vector<std::future<void>> made;
  for (unsigned index = 0; index < count; ++index) {
    auto& worker =
        *impl_->threads.emplace_back(std::make_unique<Thread>(app, index, first_number + index));
    std::promise<void> promise;
    made.push_back(promise.get_future());
    worker.thread = std::thread{
        [&worker, &health = app.health(), factory, promise = std::move(promise)]() mutable {
          worker.live(health, factory, std::move(promise));
        }};
  }
  for (auto& one : made) one.wait();
  try {
    for (auto& one : made) one.get();
  } catch (...) {
    stop();
    throw;
  }
}

WorkerThreads::~WorkerThreads() { stop(); }

unsigned WorkerThreads::size() const { return static_cast<unsigned>(impl_->threads.size()); }

void WorkerThreads::post(unsigned index, std::function<void(void*)> task) {
  auto& worker = *impl_->threads.at(index);
  asio::post(worker.context, [&worker, task = std::move(task)] {
    if (worker.object) task(worker.object.get());
  });
}

bool WorkerThreads::run_on_all(std::function<void(void*)> task, std::chrono::milliseconds bound) {
  if (impl_->stopped) return false;
  const auto answers = std::make_shared<Answers>(size());
  for (unsigned index = 0; index < size(); ++index) {
    post(index, [task, answers](void* object) {
      task(object);
      answers->one_more();
    });
  }
  return answers->wait(bound);
}

void WorkerThreads::stop() {
  const std::unique_lock lock{impl_->stop_mutex};
  impl_->stopped = true;
  for (const auto& worker : impl_->threads) worker->context.stop();
  for (const auto& worker : impl_->threads) {
    if (worker->thread.joinable()) worker->thread.join();
  }
}

}  // namespace pbx::runtime
