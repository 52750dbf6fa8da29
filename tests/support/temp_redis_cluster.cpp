#include "support/temp_redis_cluster.hpp"

#include "support/ask_redis.hpp"
#include "support/child_process.hpp"

namespace pbx::test {
namespace {

constexpr std::size_t kSlots = 16'384;

std::size_t first_slot(std::size_t master, std::size_t masters) {
  return (master * kSlots + masters - 1) / masters;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TempRedisCluster::TempRedisCluster(std::size_t masters, std::size_t replicas) : masters_{masters} {
  for (std::size_t i = 0; i < masters + replicas; ++i) add_node();
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    tell_redis(nodes_[i]->port(), {"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    if (i >= masters) continue;
    tell_redis(nodes_[i]->port(),
               {"CLUSTER", "ADDSLOTSRANGE", std::to_string(first_slot(i, masters)),
                std::to_string(first_slot(i + 1, masters) - 1)});
  }
  for (std::size_t i = 1; i < nodes_.size(); ++i) meet(i);
  for (std::size_t i = masters; i < nodes_.size(); ++i) {
    const auto master = id((i - masters) % masters);
    wait_for("a replica does not know its master", [&] {
      return ask(i, {"CLUSTER", "REPLICATE", master}) == "OK";
    });
  }
  wait_until_whole();
}

std::string TempRedisCluster::uri() const {
  auto uri = "redis-cluster://127.0.0.1:" + std::to_string(nodes_[0]->port());
  return uri.append(",127.0.0.1:").append(std::to_string(nodes_[1]->port()));
}

std::string TempRedisCluster::id(std::size_t index) const {
  return tell_redis(nodes_[index]->port(), {"CLUSTER", "MYID"});
}

std::size_t TempRedisCluster::first_master_of(std::uint16_t slot) const {
  std::size_t master = 0;
  while (first_slot(master + 1, masters_) <= slot) ++master;
  return master;
}

std::size_t TempRedisCluster::add_master() {
  add_node();
  const auto index = nodes_.size() - 1;
  meet(index);
  wait_until_whole();
  return index;
}

void TempRedisCluster::kill_all() {
  for (const auto& node : nodes_) node->kill();
}

void TempRedisCluster::start_all() {
  for (const auto& node : nodes_) node->start();
  wait_until_whole();
}

std::string TempRedisCluster::ask(std::size_t index, const std::vector<std::string>& words) const {
  return ask_redis(nodes_[index]->port(), words);
}

void TempRedisCluster::add_node() {
  bus_ports_.push_back(free_port());
  nodes_.push_back(std::make_unique<TempRedis>(std::vector<std::string>{
      "--cluster-enabled", "yes", "--cluster-port", std::to_string(bus_ports_.back()),
      "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor", "0",
      "--repl-diskless-sync-delay", "0"}));
}

void TempRedisCluster::meet(std::size_t index) {
  tell_redis(nodes_[0]->port(),
             {"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[index]->port()),
              std::to_string(bus_ports_[index])});
}

void TempRedisCluster::wait_until_whole() {
  const auto known = "cluster_known_nodes:" + std::to_string(nodes_.size());
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    wait_for("a node does not see the cluster whole", [&] {
      const auto info = ask(i, {"CLUSTER", "INFO"});
      if (!has(info, "cluster_state:ok") || !has(info, known)) return false;
      if (has(ask(i, {"CLUSTER", "NODES"}), "handshake")) return false;
      const auto replication = ask(i, {"INFO", "replication"});
      return has(replication, "role:master") || has(replication, "master_link_status:up");
    });
  }
}

}  // namespace pbx::test
