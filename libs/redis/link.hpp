#pragma once

#include <functional>
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

/// One pipelined connection to one server at a time. Commands of a turn of the loop go out in one
/// write, replies are matched in order. While it is away, commands fail at once with Unavailable
/// and it connects again by itself.
class Link final : public Backend {
 public:
  using Found = MoveFunction<void(Result<Address>)>;

  /// `tls`: make_tls(options).
  Link(boost::asio::io_context& context, Options options,
       std::shared_ptr<boost::asio::ssl::context> tls, Metrics& metrics);
  ~Link() override;
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  /// Asked before each attempt for the server to go to, which must call itself a master then.
  /// Before start().
  void find_with(std::function<void(Found)> finder);
  /// Told when the connection is up (true), when it is lost and when an attempt failed. It must not
  /// destroy the link. Before start().
  void watch(std::function<void(bool)> watcher);

  void start() override;
  void on_connect(ConnectHook hook) override;
  void send(Command command, Callback done) override;
  /// Like send(), but error replies come as replies, neither counted nor logged.
  void send_raw(const Command& command, Callback done);
  void close() override;
  /// Leaves this server; what is in flight gets Unavailable.
  void drop(std::error_code why);

  bool connected() const override;
  /// send() would take a command: connected, or within a hook.
  bool accepting() const;
  /// It has neither been connected nor failed yet.
  bool fresh() const;
  /// Nothing is in flight.
  bool idle() const;
  const Address& address() const;

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// Counts and logs an error reply and says what it means.
std::error_code refusal(std::string_view error_reply, Metrics& metrics);

}  // namespace pbx::redis
