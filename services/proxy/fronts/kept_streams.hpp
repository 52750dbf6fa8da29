#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <unordered_map>

#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// Which connections are kept when there are too many: those over which phones have registered, a
/// few of each user, so that one login cannot take all places. One a worker.
class KeptStreams {
 public:
  static constexpr std::size_t kOfAUser = 16;  ///< More phones than a user has.

  /// A phone of `user` has registered over `connection`. Gives the one that is not kept any longer.
  std::optional<ConnectionId> keep(std::uint64_t user, ConnectionId connection) {
    forget(connection);
    auto& own = of_user_[user];
    own.push_back(connection);
    users_[connection] = user;
    if (own.size() <= kOfAUser) return std::nullopt;
    const auto oldest = own.front();
    own.pop_front();
    users_.erase(oldest);
    return oldest;
  }

  void forget(ConnectionId connection) {
    const auto found = users_.find(connection);
    if (found == users_.end()) return;
    const auto own = of_user_.find(found->second);
    own->second.erase(std::find(own->second.begin(), own->second.end(), connection));
    if (own->second.empty()) of_user_.erase(own);
    users_.erase(found);
  }

 private:
  std::unordered_map<std::uint64_t, std::deque<ConnectionId>> of_user_;  ///< Oldest first.
  std::unordered_map<ConnectionId, std::uint64_t> users_;
};

}  // namespace pbx::proxy
