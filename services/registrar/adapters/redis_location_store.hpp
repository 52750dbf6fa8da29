#pragma once

#include "cluster/locations.hpp"
#include "redis/client.hpp"
#include "registrar/domain/location_store.hpp"

namespace pbx::registrar {

/// The cluster's locations as the registrar's store.
class RedisLocationStore final : public LocationStore {
 public:
  RedisLocationStore(redis::Client& redis, const Clock& clock)
      : redis_{redis}, locations_{redis, clock} {}

  /// For redis::Connection::on_connect.
  void load_functions(redis::Client& redis) const { locations_.load_functions(redis); }

  void load(TenantId tenant, std::string_view aor,
            MoveFunction<void(Result<Bindings>)> done) override;
  void apply(const Update& update, MoveFunction<void(Result<Outcome>)> done) override;
  void list(TenantId tenant, std::uint64_t from, std::size_t count,
            MoveFunction<void(Result<AorPage>)> done) override;

 private:
  struct Scan;

  void scan(std::shared_ptr<Scan> scan);

  redis::Client& redis_;
  cluster::Locations locations_;
};

}  // namespace pbx::registrar
