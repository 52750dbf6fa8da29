#pragma once

#include <string_view>
#include <vector>

#include "core/ids.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/binding.pb.h"

namespace pbx::proxy {

/// Where users can be reached now.
class LocationReader {
 public:
  using Loaded = MoveFunction<void(Result<std::vector<state::v1::Binding>>)>;

  virtual ~LocationReader() = default;

  /// Live bindings, highest q first; none is an empty list, not an error.
  virtual void load(TenantId tenant, std::string_view aor, Loaded done) = 0;
};

}  // namespace pbx::proxy
