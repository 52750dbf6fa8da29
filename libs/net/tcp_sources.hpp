#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_map>

#include "net/address.hpp"

namespace pbx::net {

/// How many connections each source has open, over all workers and listeners of a process: the
/// kernel spreads the connections of one source over all of them. A source is an IPv4 address or
/// the /64 of an IPv6 address, as one customer has at least that. Used from any thread.
class TcpSources {
 public:
  /// `limit`: connections a source.
  explicit TcpSources(std::size_t limit) : limit_{limit} {}

  /// Counts one more from there. False: it has as many as it may.
  bool enter(const Address& peer);
  /// One that enter() counted is gone.
  void leave(const Address& peer);
  /// Sources with connections now.
  std::size_t size() const;

 private:
  const std::size_t limit_;
  mutable std::mutex mutex_;
  std::unordered_map<Address, std::size_t> open_;
};

}  // namespace pbx::net
