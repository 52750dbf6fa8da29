#pragma once

#include <prometheus/registry.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <map>
#include <optional>
#include <string>

#include "rpc/batch_stream.hpp"
#include "test_servers.hpp"

namespace pbx::test {

/// A worker of a proxy in small: the test's thread runs its loop.
class Client {
 public:
  using Stream = rpc::BatchStream<registrar::v1::RegisterRequest, registrar::v1::RegisterReply>;

  explicit Client(std::initializer_list<std::string> targets, rpc::BatchStreamOptions options = {},
                  const rpc::Credentials& credentials = as_proxy())
      : Client{streams_to(targets), std::move(options), credentials} {}

  explicit Client(const config::v1::StreamClient& targets, rpc::BatchStreamOptions options = {},
                  const rpc::Credentials& credentials = as_proxy()) {
    if (options.method.empty()) options.method = kMethod;
    stream.emplace(loop, targets, credentials, options, registry);
  }

  void submit(const std::string& text) {
    registrar::v1::RegisterRequest request;
    request.set_message(text);
    stream->submit(request, [this, text](Result<registrar::v1::RegisterReply> reply) {
      ++answered;
      if (reply) {
        if (reply->reason() != text) ++mixed_up;
        ++codes[reply->code()];
      } else {
        ++errors[reply.error().message()];
      }
    });
  }

  /// Runs the loop until `done` holds; false after 20 s.
  template <class Predicate>
  bool run_until(Predicate done) {
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
    loop.restart();
    while (!done()) {
      if (std::chrono::steady_clock::now() > deadline) return false;
      // The predicate may depend on other threads.
      asio::steady_timer wake{loop, std::chrono::milliseconds{10}};
      wake.async_wait([](boost::system::error_code) {});
      loop.run_one();
      loop.poll();
    }
    return true;
  }

  double metric(const std::string& line) const { return metric_of(registry, line); }

  asio::io_context loop{1};
  prometheus::Registry registry;
  std::map<std::uint32_t, int> codes;
  std::map<std::string, int> errors;
  int answered = 0;
  int mixed_up = 0;
  std::optional<Stream> stream;
};

}  // namespace pbx::test
