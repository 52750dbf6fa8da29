#include "stores/bench.hpp"

#include <ctime>
#include <stdexcept>

namespace pbx::bench {
namespace {

std::chrono::nanoseconds used(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return std::chrono::seconds{time.tv_sec} + std::chrono::nanoseconds{time.tv_nsec};
}

clockid_t clock_of(pid_t process) {
  clockid_t clock{};
  if (::clock_getcpuclockid(process, &clock) != 0) throw std::runtime_error{"no such process"};
  return clock;
}

}  // namespace

void Stores::round(Cost& cost, std::size_t batch, const Start& start) {
  const auto server = clock_of(server_.pid());
  const auto client_before = used(CLOCK_THREAD_CPUTIME_ID);
  const auto server_before = used(server);
  for (std::size_t first = 0; first < kItems; first += batch) {
    std::size_t waiting = batch;
    for (std::size_t i = first; i < first + batch; ++i) {
      start(i, [&waiting](bool good) {
        if (!good) throw std::runtime_error{"Redis did not do what it was asked"};
        --waiting;
      });
    }
    while (waiting != 0) loop_.context.run_one();
  }
  settle();
  cost.client.add(kItems, used(CLOCK_THREAD_CPUTIME_ID) - client_before);
  cost.server.add(kItems, used(server) - server_before);
}

/// What an operation leaves to do belongs to its cost.
void Stores::settle() {
  bool settled = false;
  connection.send(redis::Command{"PING"}, [&](Result<redis::Reply>) { settled = true; });
  while (!settled) loop_.context.run_one();
}

void Stores::measure(const std::string& work, const Start& start) {
  for (const auto batch : kBatches) {
    Cost cost;
    for (int i = 0; i < kRounds; ++i) round(cost, batch, start);
    show(work, batch, cost);
  }
}

void Stores::show(const std::string& work, std::size_t batch, const Cost& cost) const {
  const auto name = work + ", " + std::to_string(batch) + " together";
  watch_.show(name + ": client", cost.client.ns());
  watch_.show(name + ": Redis", cost.server.ns());
}

}  // namespace pbx::bench
