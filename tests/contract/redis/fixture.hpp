#pragma once

#include <prometheus/registry.h>

#include <boost/asio/io_context.hpp>
#include <string>
#include <utility>

#include "redis/connection.hpp"
#include "support/loop.hpp"
#include "support/temp_redis.hpp"

namespace pbx::test {

/// A loop with metrics, and a way to ask a connection.
struct RedisLoop {
  boost::asio::io_context context{1};
  prometheus::Registry registry;
  redis::Metrics metrics{registry};

  Result<redis::Reply> ask(redis::Client& client, redis::Command command) {
    return outcome<redis::Reply>(context,
                                 [&](auto done) { client.send(std::move(command), done); });
  }
  void connect(redis::Connection& connection) {
    connection.start();
    run_until(context, [&] { return connection.connected(); });
  }
};

/// The reply's text, or what went wrong.
inline std::string text(const Result<redis::Reply>& reply) {
  return reply ? std::string{reply->text()} : "error: " + reply.error().message();
}

inline redis::Options options_for(const std::string& uri, std::string password = {}) {
  auto options = *redis::parse_uri(uri, Secret{std::move(password)});
  options.timeout = std::chrono::milliseconds{2000};
  return options;
}

}  // namespace pbx::test
