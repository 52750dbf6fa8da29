#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>

#include "contract/redis/fixture.hpp"
#include "core/clock.hpp"
#include "stopwatch.hpp"

namespace pbx::bench {

/// A Redis of its own, set up as `tools/dev up` does, and what work on it costs: processor time of
/// this thread, and of Redis with all its threads.
class Stores {
 public:
  /// So many are under way before any reply is waited for: what a worker's turn of the loop has
  /// gathered.
  static constexpr std::size_t kBatches[] = {1, 8, 64};
  static constexpr std::size_t kItems = 1'024;  ///< Calls or phones: a multiple of each batch.
  static constexpr int kRounds = 8;             ///< The best one counts.

  struct Cost {
    Best client, server;
  };
  /// Begins work on item `index`; it calls `done` with whether it went well.
  using Start = std::function<void(std::size_t index, std::function<void(bool)> done)>;

  explicit Stores(Stopwatch& watch) : watch_{watch} {}

  /// Loads the server-side functions of `store` and connects.
  template <class Store>
  void connect(const Store& store) {
    connection.on_connect([&store](redis::Client& client) { store.load_functions(client); });
    loop_.connect(connection);
  }

  /// Adds one round over all items to `cost`.
  void round(Cost& cost, std::size_t batch, const Start& start);
  /// Measures and prints `work`, at each batch size.
  void measure(const std::string& work, const Start& start);
  void show(const std::string& work, std::size_t batch, const Cost& cost) const;

 private:
  void settle();

  Stopwatch& watch_;
  test::TempRedis server_{{"--appendonly", "yes", "--appendfsync", "everysec"}};
  test::RedisLoop loop_;

 public:
  SystemClock clock;
  redis::Connection connection{loop_.context, test::options_for(server_.uri()), loop_.metrics};
};

void measure_locations(Stopwatch& watch);
void measure_dialogs(Stopwatch& watch);
void measure_directory(Stopwatch& watch);

}  // namespace pbx::bench
