#include "net/tcp_sources.hpp"

#include <algorithm>
#include <array>

namespace pbx::net {
namespace {

Address source_of(const Address& peer) {
  if (!peer.is_v6()) return peer.with_port(0);
  constexpr std::size_t network = 8;
  std::array<std::uint8_t, 16> ip{};
  const auto bytes = peer.ip_bytes();
  std::transform(bytes.begin(), bytes.begin() + network, ip.begin(),
                 [](char byte) { return static_cast<std::uint8_t>(byte); });
  return Address::v6(ip, 0);
}

}  // namespace

bool TcpSources::enter(const Address& peer) {
  const auto source = source_of(peer);
  const std::lock_guard lock{mutex_};
  const auto at = open_.try_emplace(source, 0).first;
  if (at->second >= limit_) {
    if (at->second == 0) open_.erase(at);
    return false;
  }
  ++at->second;
  return true;
}

void TcpSources::leave(const Address& peer) {
  const auto source = source_of(peer);
  const std::lock_guard lock{mutex_};
  const auto at = open_.find(source);
  if (at != open_.end() && --at->second == 0) open_.erase(at);
}

std::size_t TcpSources::size() const {
  const std::lock_guard lock{mutex_};
  return open_.size();
}

}  // namespace pbx::net
