#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/temp_redis.hpp"

namespace pbx::test {

/// A Redis Cluster of processes on free loopback ports. The constructor returns when every node
/// sees it whole.
class TempRedisCluster {
 public:
  TempRedisCluster(std::size_t masters, std::size_t replicas);

  /// redis-cluster:// with the first two nodes.
  std::string uri() const;
  /// Masters first; slots are spread evenly over them in this order.
  TempRedis& node(std::size_t index) { return *nodes_[index]; }
  std::size_t masters() const { return masters_; }
  std::size_t size() const { return nodes_.size(); }
  std::string id(std::size_t index) const;
  /// The master that had `slot` in the beginning.
  std::size_t first_master_of(std::uint16_t slot) const;
  /// Adds a master without slots and returns its place.
  std::size_t add_master();
  void kill_all();
  /// Empty again.
  void start_all();

 private:
  std::string ask(std::size_t index, const std::vector<std::string>& words) const;
  void add_node();
  void meet(std::size_t index);
  void wait_until_whole();

  std::size_t masters_;
  std::vector<std::uint16_t> bus_ports_;
  std::vector<std::unique_ptr<TempRedis>> nodes_;
};

}  // namespace pbx::test
