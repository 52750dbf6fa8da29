#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/registrar/v1/registrar.pb.h"
#include "registrar/domain/location_store.hpp"
#include "registrar/domain/revocation.hpp"

namespace pbx::registrar {

/// What operators ask: who is where, and away with it. One instance a worker.
class Administration {
 public:
  template <class T>
  using Done = MoveFunction<void(Result<T>)>;

  Administration(LocationStore& store, Revocation& revocation)
      : store_{store}, revocation_{revocation} {}

  /// One AoR, or a page of the tenant's. Pages are of about the size asked for and in no order;
  /// AoRs that have lost their last binding meanwhile are left out. InvalidArgument: no tenant, a
  /// token that is not ours.
  void list(const v1::ListBindingsRequest& request, Done<v1::ListBindingsResponse> done);
  /// InvalidArgument: no tenant or AoR.
  void remove(const v1::RemoveBindingsRequest& request, Done<v1::RemoveBindingsResponse> done);

 private:
  struct Listing;

  void load_next(std::shared_ptr<Listing> listing);

  LocationStore& store_;
  Revocation& revocation_;
};

}  // namespace pbx::registrar
