#pragma once

#include "cluster/locations.hpp"
#include "proxy/domain/location_reader.hpp"

namespace pbx::proxy {

/// Bindings as the registrar stored them, read from Redis directly.
class RedisLocationReader final : public LocationReader {
 public:
  explicit RedisLocationReader(cluster::Locations& locations) : locations_{locations} {}

  void load(TenantId tenant, std::string_view aor, Loaded done) override {
    locations_.load(tenant, aor, std::move(done));
  }

 private:
  cluster::Locations& locations_;
};

}  // namespace pbx::proxy
