#pragma once

#include <string_view>
#include <vector>

#include "core/clock.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/node.pb.h"
#include "redis/client.hpp"

namespace pbx::cluster {

/// Who is there. Belongs to one worker's thread.
class Nodes {
 public:
  using Listed = MoveFunction<void(Result<std::vector<state::v1::Node>>)>;

  Nodes(redis::Client& redis, const Clock& clock) : redis_{redis}, clock_{clock} {}

  /// Nodes of a service whose lease is alive, by name, draining ones included.
  void list(std::string_view service, Listed done);

 private:
  redis::Client& redis_;
  const Clock& clock_;
};

/// Two random nodes that are not draining, the less loaded of them (design rule 5); null when there
/// is none. `random` is any 64 random bits.
const state::v1::Node* pick_two_choices(const std::vector<state::v1::Node>& nodes,
                                        std::uint64_t random);

}  // namespace pbx::cluster
