#pragma once

#include <functional>

#include "redis/client.hpp"

namespace pbx::redis {

/// Runs after each connect to a server, before anybody else's commands; what it sends goes to that
/// server.
using ConnectHook = std::function<void(Client&)>;

/// What a Connection stands on: a server, the master of a group, a cluster. Destroying it drops
/// callbacks.
class Backend : public Client {
 public:
  virtual void start() = 0;
  virtual void on_connect(ConnectHook hook) = 0;
  virtual void close() = 0;
};

}  // namespace pbx::redis
