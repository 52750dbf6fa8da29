#include "postgres/pool.hpp"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <vector>

#include "core/errc.hpp"
#include "postgres/metrics.hpp"

namespace pbx::postgres {

struct Pool::Impl {
  Impl(Options wanted, prometheus::Registry& registry)
      : options{std::move(wanted)}, metrics{registry} {
    for (unsigned i = 0; i < std::max(1U, options.connections); ++i) {
      idle.push_back(std::make_unique<Session>(options));
    }
  }

  /// Null when none is free in time. One that is connected already comes first.
  std::unique_ptr<Session> take() {
    std::unique_lock lock{mutex};
    if (!freed.wait_for(lock, options.acquire_timeout, [&] { return !idle.empty(); })) {
      return nullptr;
    }
    auto session = std::move(idle.back());
    idle.pop_back();
    return session;
  }

  void give_back(std::unique_ptr<Session> session) {
    {
      std::lock_guard lock{mutex};
      // The connected ones stay at the end, where they are taken from.
      const auto at = session->connected() ? idle.end() : idle.begin();
      idle.insert(at, std::move(session));
    }
    freed.notify_one();
  }

  /// Tries until it has succeeded, failed for good or been tried often enough.
  std::error_code run(Session& session, const Session::Body& body, bool& decided_against) {
    constexpr int kTries = 3;
    bool lost_before = false;
    for (int tries = 1;; ++tries) {
      if (!session.connected()) {
        if (const auto connected = session.connect(); !connected) return connected.error();
        metrics.connections.Increment();
      }
      const auto ran = session.run([&](Transaction& transaction) {
        const bool good = body(transaction);
        decided_against = !good;
        return good;
      });
      if (!session.connected()) metrics.connections.Decrement();
      if (!ran.error || !ran.repeat || tries == kTries) return ran.error;
      if (ran.error == Errc::Unavailable && std::exchange(lost_before, true)) return ran.error;
      metrics.repeated.Increment();
    }
  }

  const Options options;
  PoolMetrics metrics;
  std::mutex mutex;
  std::condition_variable freed;
  std::vector<std::unique_ptr<Session>> idle;
  std::atomic<bool> healthy{true};
};

Pool::Pool(Options options, prometheus::Registry& registry)
    : impl_{std::make_unique<Impl>(std::move(options), registry)} {}
Pool::~Pool() = default;

bool Pool::healthy() const { return impl_->healthy; }

std::error_code Pool::run(const Session::Body& body) {
  auto& metrics = impl_->metrics;
  const auto began = std::chrono::steady_clock::now();
  auto session = impl_->take();
  if (!session) {
    metrics.overloaded.Increment();
    return make_error_code(Errc::Overloaded);
  }
  bool decided_against = false;
  const auto error = impl_->run(*session, body, decided_against);
  impl_->give_back(std::move(session));
  impl_->healthy = error != Errc::Unavailable;

  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
  metrics.seconds.Observe(took.count());
  if (error == Errc::Unavailable) {
    metrics.unavailable.Increment();
  } else if (error) {
    metrics.refused.Increment();
  } else {
    (decided_against ? metrics.rolled_back : metrics.committed).Increment();
  }
  return error;
}

}  // namespace pbx::postgres
