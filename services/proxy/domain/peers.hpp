#pragma once

#include <algorithm>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "proxy/domain/addresses.hpp"

namespace pbx::proxy {

/// The proxies' processes that live, as their leases say: what such a one looks after is not taken
/// from it. Gone is who was there at some time and has no lease twice in a row since. Any thread.
class Peers {
 public:
  struct Peer {
    std::string node;
    std::uint32_t boot = 0;
    std::vector<Home> homes{};
  };

  /// Who has a lease at `at_s`, in seconds since 1970.
  void set(std::vector<Peer> peers, std::uint32_t at_s) {
    const std::scoped_lock lock{mutex_};
    before_ = std::exchange(last_, Listing{std::move(peers), at_s});
  }
  /// `seen_s`: when it was there.
  bool live(std::string_view node, std::uint32_t boot, std::uint32_t seen_s) const {
    return live(seen_s, [=](const Peer& peer) { return peer.node == node && peer.boot == boot; });
  }
  bool live_at(const Home& home, std::uint32_t seen_s) const {
    return live(seen_s, [&](const Peer& peer) {
      return std::find(peer.homes.begin(), peer.homes.end(), home) != peer.homes.end();
    });
  }

 private:
  static constexpr std::uint32_t kSkew = 2;  ///< Of clocks, in seconds.

  struct Listing {
    std::vector<Peer> peers;
    std::uint32_t at_s = 0;
  };

  template <class Is>
  bool live(std::uint32_t seen_s, const Is& is) const {
    const std::scoped_lock lock{mutex_};
    if (before_.at_s < seen_s + kSkew) return true;
    const auto in = [&](const Listing& listing) {
      return std::any_of(listing.peers.begin(), listing.peers.end(), is);
    };
    return in(last_) || in(before_);
  }

  mutable std::mutex mutex_;
  Listing last_, before_;
};

}  // namespace pbx::proxy
