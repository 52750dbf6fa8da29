#pragma once

#include "load/stats.hpp"
#include "net/udp_socket.hpp"

namespace pbx::bench {

/// One kind of work; told when to begin an operation and what came in.
class Role {
 public:
  virtual ~Role() = default;

  /// Begins one operation.
  virtual void start(Time now) = 0;
  virtual void receive(unsigned line, const net::Packet& packet, Time now) = 0;
  /// Does what is due by time.
  virtual void run(Time now) = 0;
  /// Operations that began and did not end.
  virtual std::size_t open() const = 0;
};

}  // namespace pbx::bench
