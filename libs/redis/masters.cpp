#include "redis/masters.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "telemetry/log.hpp"

namespace pbx::redis {
namespace {

// A node that no map names: the target of an ASK has no slot yet, a demoted master none any more.
constexpr std::chrono::seconds kKeptUnwanted{5};
constexpr std::size_t kMaxLinks = SlotMap::kMaxNodes + 100;

}  // namespace

void Masters::follow(SlotMap map) {
  report_switches(map);
  told_ = map;
  map_ = std::move(map);
  route();
  let_go();
}

void Masters::assign(std::uint16_t slot, const Address& master) {
  const auto* const known = map_.master_of(slot);
  if (known != nullptr && *known == master) return;
  if (map_.assign(slot, master)) route();
}

void Masters::report_switches(const SlotMap& fresh) {
  std::set<std::pair<std::uint16_t, std::uint16_t>> pairs;
  for (std::size_t i = 0; i < kSlots; ++i) {
    const auto slot = static_cast<std::uint16_t>(i);
    const auto *from = told_.master_of(slot), *to = fresh.master_of(slot);
    if (from == nullptr || to == nullptr || *from == *to) continue;
    if (!pairs.insert({told_.owner(slot), fresh.owner(slot)}).second) continue;
    parts_.metrics.switches.Increment();
    log::warn("redis cluster slots switched",
              {{"from", to_string(*from)}, {"to", to_string(*to)}, {"first_slot", slot}});
  }
}

Link* Masters::link_to(const Address& address) {
  const auto now = std::chrono::steady_clock::now();
  if (const auto found = nodes_.find(address); found != nodes_.end()) {
    found->second.wanted = now;
    return found->second.link.get();
  }
  if (nodes_.size() >= kMaxLinks) return nullptr;
  auto options = parts_.options;
  options.host = address.host;
  options.port = address.port;
  auto link = std::make_unique<Link>(parts_.context, options, parts_.tls, parts_.metrics);
  for (const auto& hook : hooks_) link->on_connect(hook);
  link->watch([this](bool up) {
    count();
    watcher_(up);
  });
  link->start();
  return nodes_.emplace(address, Node{std::move(link), now}).first->second.link.get();
}

void Masters::route() {
  routes_.clear();
  for (const auto& master : map_.masters()) routes_.push_back(link_to(master));
  count();
}

void Masters::count() {
  std::vector<std::size_t> slots(routes_.size());
  for (std::size_t slot = 0; slot < kSlots; ++slot) {
    const auto owner = map_.owner(static_cast<std::uint16_t>(slot));
    if (owner != SlotMap::kNobody) ++slots[owner];
  }
  reachable_ = missing_ = 0;
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    if (slots[i] == 0) continue;  // lost its last slot by redirections
    if (routes_[i] != nullptr && routes_[i]->connected()) {
      reachable_ += slots[i];
    } else {
      ++missing_;
    }
  }
  if (all_connected()) complete_once_ = true;
}

void Masters::let_go() {
  const auto before = std::chrono::steady_clock::now() - kKeptUnwanted;
  const auto& masters = map_.masters();
  std::erase_if(nodes_, [&](const auto& entry) {
    const auto& [address, node] = entry;
    if (std::find(masters.begin(), masters.end(), address) != masters.end()) return false;
    // One that failed goes at once: should it be master again, it need not wait out a back-off.
    const bool failed = !node.link->connected() && !node.link->fresh();
    return node.link->idle() && (failed || node.wanted < before);
  });
}

void Masters::close() {
  for (auto& [address, node] : nodes_) node.link->close();
}

}  // namespace pbx::redis
