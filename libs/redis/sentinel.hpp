#pragma once

#include <memory>

#include "redis/backend.hpp"
#include "redis/metrics.hpp"
#include "redis/options.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace pbx::redis {

/// The master that a group of sentinels names. They are asked before each attempt to connect, and
/// every `options.refresh` whether it is still the one.
class SentinelGroup final : public Backend {
 public:
  SentinelGroup(boost::asio::io_context& context, Options options,
                std::shared_ptr<boost::asio::ssl::context> tls, Metrics& metrics);
  ~SentinelGroup() override;
  SentinelGroup(const SentinelGroup&) = delete;
  SentinelGroup& operator=(const SentinelGroup&) = delete;

  void start() override;
  void on_connect(ConnectHook hook) override;
  void send(Command command, Callback done) override;
  bool connected() const override;
  void close() override;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::redis
