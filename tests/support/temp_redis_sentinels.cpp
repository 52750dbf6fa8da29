#include "support/temp_redis_sentinels.hpp"

#include <filesystem>
#include <fstream>

#include "support/ask_redis.hpp"

namespace pbx::test {
namespace {

constexpr std::size_t kReplicas = 2, kSentinels = 3;

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TempRedisSentinels::TempRedisSentinels() {
  servers_.push_back(std::make_unique<TempRedis>());
  const auto master = std::to_string(servers_[0]->port());
  for (std::size_t i = 0; i < kReplicas; ++i) {
    servers_.push_back(std::make_unique<TempRedis>(std::vector<std::string>{
        "--replicaof", "127.0.0.1 " + master, "--repl-diskless-sync-delay", "0"}));
  }
  for (const auto& server : servers_) {
    wait_for("a replica does not follow", [&] {
      const auto info = ask_redis(server->port(), {"INFO", "replication"});
      return has(info, "role:master") || has(info, "master_link_status:up");
    });
  }
  sentinels_.resize(kSentinels);
  for (std::size_t i = 0; i < kSentinels; ++i) {
    start_sentinel(sentinels_[i], "sentinel-" + std::to_string(i));
  }
  for (const auto& sentinel : sentinels_) {
    wait_for("a sentinel does not know the others", [&] {
      const auto known = ask_redis(sentinel.port, {"SENTINEL", "MASTER", "mymaster"});
      return has(known, "num-slaves 2") && has(known, "num-other-sentinels 2") &&
             has(known, "flags master ");
    });
  }
}

std::string TempRedisSentinels::uri() const {
  std::string uri = "redis-sentinel://";
  for (const auto& sentinel : sentinels_) {
    uri.append(uri.ends_with('/') ? "" : ",").append("127.0.0.1:");
    uri.append(std::to_string(sentinel.port));
  }
  return uri.append("/mymaster");
}

void TempRedisSentinels::start_sentinel(Sentinel& sentinel, const std::string& name) {
  const auto folder = folder_.path() / name;
  std::filesystem::create_directory(folder);
  const auto config = folder / "sentinel.conf";
  sentinel.port = free_port();
  std::ofstream{config} << "port " << sentinel.port << "\nbind 127.0.0.1\ndir " << folder.string()
                        << "\nsentinel monitor mymaster 127.0.0.1 " << servers_[0]->port()
                        << " 2\nsentinel down-after-milliseconds mymaster 500\n"
                        << "sentinel failover-timeout mymaster 3000\n";
  sentinel.process = std::make_unique<ChildProcess>(
      std::vector<std::string>{"redis-server", config.string(), "--sentinel"},
      folder / "sentinel.log");
  wait_for("a sentinel does not start",
           [&] { return ask_redis(sentinel.port, {"PING"}) == "PONG"; });
}

}  // namespace pbx::test
