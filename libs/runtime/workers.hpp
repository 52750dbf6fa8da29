#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <utility>

#include "runtime/application.hpp"
#include "runtime/loop.hpp"

namespace pbx::runtime {

/// Threads, each with its own loop and one object that lives and dies on it.
class WorkerThreads {
 public:
  /// Makes the object of one worker, on its thread.
  using Factory = std::function<std::shared_ptr<void>(Loop&, unsigned index)>;

  /// Returns when every object is made; rethrows what a factory threw, after the others are gone.
  WorkerThreads(Application& app, unsigned count, Factory factory);
  WorkerThreads(const WorkerThreads&) = delete;
  WorkerThreads& operator=(const WorkerThreads&) = delete;
  ~WorkerThreads();

  unsigned size() const;
  /// Runs `task` on that worker's thread, some time; from any thread. Nothing runs after stop().
  void post(unsigned index, std::function<void(void*)> task);
  /// Runs `task` on every worker and waits until all have; false when they have not within the
  /// bound or are stopped. Not from a worker's thread.
  bool run_on_all(std::function<void(void*)> task, std::chrono::milliseconds bound);
  /// Destroys the objects on their threads and joins these. Idempotent.
  void stop();

 private:
  struct Thread;
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// `count` workers (0: one a core), each with a W(Loop&, unsigned index, A&...) made, used and
/// destroyed on its own thread. An object belongs to one worker for life; others reach it by post.
template <class W>
class Workers {
 public:
  template <class... A>
  Workers(Application& app, unsigned count, A&... shared)
      : threads_{app, count, [&shared...](Loop& loop, unsigned index) -> std::shared_ptr<void> {
                   return std::make_shared<W>(loop, index, shared...);
                 }} {}

  unsigned size() const { return threads_.size(); }

  /// From any thread.
  void post(unsigned index, std::function<void(W&)> task) {
    threads_.post(index,
                  [task = std::move(task)](void* object) { task(*static_cast<W*>(object)); });
  }
  /// Posts a copy of `task` to every worker, without waiting. From any thread.
  template <class F>
  void post_all(F task) {
    for (unsigned index = 0; index < size(); ++index) post(index, task);
  }
  /// Runs `task(W&)` on every worker's thread and waits for all of them, ten seconds at most.
  /// False when some have not. Not from a worker's thread.
  template <class F>
  bool for_each(F task) {
    return threads_.run_on_all([task](void* object) mutable { task(*static_cast<W*>(object)); },
                               std::chrono::seconds{10});
  }
  /// True when the predicate holds on every worker, each asked on its own thread. A worker that
  /// does not answer within 250 ms counts as false. Not from a worker's thread.
  bool all(std::function<bool(W&)> predicate) {
    const auto holds = std::make_shared<std::atomic<bool>>(true);
    const bool answered = threads_.run_on_all(
        [predicate = std::move(predicate), holds](void* object) {
          if (!predicate(*static_cast<W*>(object))) holds->store(false);
        },
        std::chrono::milliseconds{250});
    return answered && holds->load();
  }
  void stop() { threads_.stop(); }

 private:
  WorkerThreads threads_;
};

}  // namespace pbx::runtime
