#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "core/clock.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "pbx/state/v1/node.pb.h"
#include "redis/client.hpp"

namespace boost::asio {
class io_context;
}

namespace pbx::cluster {

/// Keeps `node:<service>:<node>` alive (design rule 5). Runs on the loop of `redis`.
class NodeLease {
 public:
  struct Options {
    std::chrono::milliseconds lifetime{5000};
    std::chrono::milliseconds renew_every{1500};
  };

  NodeLease(boost::asio::io_context& context, redis::Client& redis, const Clock& clock,
            state::v1::Node node, Options options);
  NodeLease(boost::asio::io_context& context, redis::Client& redis, const Clock& clock,
            state::v1::Node node);
  ~NodeLease();
  NodeLease(const NodeLease&) = delete;
  NodeLease& operator=(const NodeLease&) = delete;

  /// `refresh` may set load and the like before each renewal.
  void start(std::function<void(state::v1::Node&)> refresh = {});
  /// Writes `draining` at once: nobody chooses this node any more.
  void drain();
  /// Removes the lease for good; `done` when Redis has said so or cannot be asked.
  void release(MoveFunction<void(Result<>)> done = {});
  /// The last renewal was answered, and not longer ago than the lease lasts.
  bool held() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::cluster
