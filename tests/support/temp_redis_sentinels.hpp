#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "support/child_process.hpp"
#include "support/temp_dir.hpp"
#include "support/temp_redis.hpp"

namespace pbx::test {

/// A master, two replicas and three sentinels that call it `mymaster`. The constructor returns when
/// every sentinel knows all of them.
class TempRedisSentinels {
 public:
  TempRedisSentinels();

  /// redis-sentinel:// with all sentinels.
  std::string uri() const;
  /// The master in the beginning is server 0.
  TempRedis& server(std::size_t index) { return *servers_[index]; }
  std::uint16_t sentinel_port(std::size_t index) const { return sentinels_[index].port; }
  void kill_sentinel(std::size_t index) { sentinels_[index].process.reset(); }

 private:
  struct Sentinel {
    std::uint16_t port = 0;
    std::unique_ptr<ChildProcess> process;
  };

  void start_sentinel(Sentinel& sentinel, const std::string& name);

  TempDir folder_;
  std::vector<std::unique_ptr<TempRedis>> servers_;
  std::vector<Sentinel> sentinels_;
};

}  // namespace pbx::test
