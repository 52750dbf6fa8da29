#pragma once

#include <cstddef>
#include <mutex>
#include <utility>
#include <vector>

#include "calls/call.hpp"
#include "proxy/domain/flow.hpp"

namespace pbx::proxy {

/// What workers notice of phones that may be gone, until somebody looks into it. Any thread.
class PhoneHints {
 public:
  static constexpr std::size_t kMost = 1'024;  ///< Of a kind; more than that in a second are lost.

  struct Hints {
    std::vector<Endpoint> unreachable;  ///< Datagrams do not get there.
    std::vector<ConnectionId> closed;   ///< Streams that are gone.
    std::vector<calls::Key> doubted;    ///< Calls that one side has left, as it says.

    bool empty() const { return unreachable.empty() && closed.empty() && doubted.empty(); }
  };

  void unreachable(const Endpoint& phone) {
    const std::scoped_lock lock{mutex_};
    if (hints_.unreachable.size() < kMost) hints_.unreachable.push_back(phone);
  }
  void closed(ConnectionId connection) {
    const std::scoped_lock lock{mutex_};
    if (hints_.closed.size() < kMost) hints_.closed.push_back(connection);
  }
  void doubted(const calls::Key& call) {
    const std::scoped_lock lock{mutex_};
    if (hints_.doubted.size() < kMost) hints_.doubted.push_back(call);
  }
  Hints take() {
    const std::scoped_lock lock{mutex_};
    return std::exchange(hints_, {});
  }

 private:
  std::mutex mutex_;
  Hints hints_;
};

}  // namespace pbx::proxy
