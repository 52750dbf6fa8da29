#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "redis/link.hpp"
#include "redis/slot_map.hpp"

namespace pbx::redis {

/// The links to a cluster's masters and the map that leads to them.
class Masters {
 public:
  struct Parts {
    boost::asio::io_context& context;
    Options options;
    std::shared_ptr<boost::asio::ssl::context> tls;
    Metrics& metrics;
  };

  explicit Masters(Parts parts) : parts_{std::move(parts)} {}

  void add_hook(ConnectHook hook) { hooks_.push_back(std::move(hook)); }
  /// Told when a link came up (true), was lost or could not be made. It must not change the map.
  void watch(std::function<void(bool)> watcher) { watcher_ = std::move(watcher); }

  /// A whole new map: connects to masters that are new and lets go of those that are none any more
  /// and have nothing in flight. Says in log and metrics what switched.
  void follow(SlotMap map);
  /// One slot has moved.
  void assign(std::uint16_t slot, const Address& master);

  const SlotMap& map() const { return map_; }
  /// Null when nobody has the slot.
  Link* link_of(std::uint16_t slot) const {
    const auto owner = map_.owner(slot);
    return owner == SlotMap::kNobody ? nullptr : routes_[owner];
  }
  /// The link to a node that a redirection named; made when there is none. Null when there are too
  /// many.
  Link* link_to(const Address& address);
  /// One a master, in the order of the map.
  const std::vector<Link*>& links() const { return routes_; }

  /// All masters were connected once, and most slots can be reached now.
  bool usable() const { return complete_once_ && reachable_ > kSlots / 2; }
  bool all_connected() const { return !routes_.empty() && missing_ == 0; }

  void close();

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Node {
    std::unique_ptr<Link> link;
    Time wanted;  // when a map or a redirection last named it
  };

  void report_switches(const SlotMap& fresh);
  void let_go();
  void route();
  void count();

  Parts parts_;
  std::vector<ConnectHook> hooks_;
  std::function<void(bool)> watcher_;
  SlotMap map_;
  SlotMap told_;  // the last whole map, without what redirections said since
  std::map<Address, Node> nodes_;
  std::vector<Link*> routes_;  // by place in map_.masters()
  std::size_t reachable_ = 0;  // slots
  std::size_t missing_ = 0;    // masters without a connection
  bool complete_once_ = false;
};

}  // namespace pbx::redis
