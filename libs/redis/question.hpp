#pragma once

#include <memory>

#include "redis/client.hpp"
#include "redis/options.hpp"

namespace boost::asio {
class io_context;
namespace ssl {
class context;
}
}  // namespace boost::asio

namespace pbx::redis {

/// One command over a connection of its own, for servers that are asked now and then: sentinels,
/// and a cluster's nodes about its slots.
class Question {
 public:
  /// Asks the server at `options.host`. `done` runs once, within `options.timeout` and never before
  /// this returns; not at all when the question is destroyed before.
  Question(boost::asio::io_context& context, const Options& options,
           const std::shared_ptr<boost::asio::ssl::context>& tls, const Command& command,
           Callback done);
  ~Question();
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

}  // namespace pbx::redis
