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

/// The proxies' processes that live, as their leases said the last two times: what such a one looks
/// after is not taken from it. Before anything was heard, all do. Any thread.
class Peers {
 public:
  struct Peer {
    std::string node;
    std::uint32_t boot = 0;
    std::vector<Home> homes{};
  };

  void set(std::vector<Peer> peers) {
    const std::scoped_lock lock{mutex_};
    before_ = std::exchange(peers_, std::move(peers));
    heard_ = true;
  }
  bool live(std::string_view node, std::uint32_t boot) const {
    const std::scoped_lock lock{mutex_};
    const auto same = [=](const Peer& peer) { return peer.node == node && peer.boot == boot; };
    return !heard_ || std::any_of(peers_.begin(), peers_.end(), same) ||
           std::any_of(before_.begin(), before_.end(), same);
  }
  bool live_at(const Home& home) const {
    const std::scoped_lock lock{mutex_};
    const auto there = [&](const Peer& peer) {
      return std::find(peer.homes.begin(), peer.homes.end(), home) != peer.homes.end();
    };
    return !heard_ || std::any_of(peers_.begin(), peers_.end(), there) ||
           std::any_of(before_.begin(), before_.end(), there);
  }

 private:
  mutable std::mutex mutex_;
  bool heard_ = false;
  std::vector<Peer> peers_, before_;
};

}  // namespace pbx::proxy
