#pragma once

#include <string>

#include "cluster/locations.hpp"
#include "redis/client.hpp"
#include "registrar/domain/restore_ports.hpp"

namespace pbx::registrar {

/// Marks in Redis: one a sixteenth of the slots, so that each master of a cluster has some. `whole`
/// for good once the bindings are; while they are put back a mark has a TTL.
class RedisRestoreStore final : public RestoreStore {
 public:
  /// `node` signs the lease.
  RedisRestoreStore(redis::Client& redis, const Clock& clock, std::string node);

  void whole(Done<bool> done) override;
  void claim(Done<bool> done) override;
  void begin(Done<> done) override;
  void keep(Done<bool> done) override;
  void restore(const KnownAor& known, Done<RestoredAor> done) override;
  void seal(Done<bool> done) override;
  void release() override;

 private:
  struct Votes;

  /// One command for each mark; true when all replies were `good`.
  void each_mark(MoveFunction<redis::Command(std::string_view key)> make,
                 MoveFunction<bool(const redis::Reply&)> good, Done<bool> done);

  redis::Client& redis_;
  cluster::Locations locations_;
  const std::string node_, lease_;
};

}  // namespace pbx::registrar
