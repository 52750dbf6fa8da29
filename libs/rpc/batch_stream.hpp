#pragma once

#include <boost/asio/io_context.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "core/errc.hpp"
#include "core/move_function.hpp"
#include "core/result.hpp"
#include "rpc/identity.hpp"

namespace google::protobuf {
class MessageLite;
}
namespace prometheus {
class Registry;
}
namespace pbx::config::v1 {
class StreamClient;
}

namespace pbx::rpc {

struct BatchStreamOptions {
  std::string method;  ///< "RegisterStream"
  /// An item without an answer for so long fails: Errc::Timeout, or Unavailable when no server is
  /// there.
  std::chrono::milliseconds deadline{3000};
  /// A stream that owes answers for so long and says nothing is given up for another server.
  std::chrono::milliseconds stall{1500};
  std::chrono::milliseconds backoff_min{50};  ///< After a round over all targets without success.
  std::chrono::milliseconds backoff_max{2000};
  /// How often a stream that had to leave its server looks whether that one is back.
  std::chrono::milliseconds home_check{5000};
  std::size_t max_pending = 50'000;     ///< Above: Errc::Overloaded at once.
  std::size_t max_message = 1'000'000;  ///< Bytes of one batch; an item that is larger goes alone.
  /// Servers an item is tried on before it fails with Errc::Unavailable. 1: a lost stream fails it
  /// at once. More only where doing the same twice is harmless.
  unsigned max_tries = 2;
  /// Which of the servers the stream belongs to, modulo their number: streams that are numbered
  /// through are spread evenly. Nothing: one at random.
  std::optional<std::size_t> home{};
};

/// What BatchStream does, on items that are bytes. See there.
class BatchStreamCore {
 public:
  using Done = MoveFunction<void(Result<std::string_view>)>;

  /// Throws std::exception: no target, one without a port, a certificate that cannot be read.
  BatchStreamCore(boost::asio::io_context& loop, const config::v1::StreamClient& config,
                  Credentials credentials, BatchStreamOptions options,
                  prometheus::Registry& registry);
  ~BatchStreamCore();
  BatchStreamCore(const BatchStreamCore&) = delete;
  BatchStreamCore& operator=(const BatchStreamCore&) = delete;

  std::uint64_t next_id();
  void submit(std::uint64_t id, const google::protobuf::MessageLite& item, Done done);
  bool connected() const;
  std::size_t pending() const;
  void close();

 private:
  class Impl;
  std::shared_ptr<Impl> impl_;
};

/// Client of a batched stream over TCP or TLS. Lives on one worker's loop: made, used and destroyed
/// on its thread, and answers run there. What is submitted in one turn of the loop leaves as one
/// message; while a message is being written the next one gathers; nothing ever waits for more.
/// Items carry `uint64 id = 1`, batches are `repeated Item = 1` (batch_wire.hpp). A lost or silent
/// stream is replaced by one to the next server and unanswered items are sent again there, so the
/// loss of a server costs a retransmission and no item.
template <class Request, class Reply>
class BatchStream {
 public:
  using Done = MoveFunction<void(Result<Reply>)>;

  BatchStream(boost::asio::io_context& loop, const config::v1::StreamClient& config,
              Credentials credentials, BatchStreamOptions options, prometheus::Registry& registry)
      : core_{loop, config, std::move(credentials), std::move(options), registry} {}

  /// Sets the id itself. `done` runs exactly once, later, on the loop: the reply, or
  /// Errc::Unavailable, Timeout, Overloaded, BadData; not at all if the stream is destroyed first.
  void submit(Request request, Done done) {
    const auto id = core_.next_id();
    request.set_id(id);
    core_.submit(id, request, [done = std::move(done)](Result<std::string_view> bytes) mutable {
      if (!bytes) return done(bytes.error());
      Reply reply;
      const auto size = static_cast<int>(bytes->size());
      if (!reply.ParseFromArray(bytes->data(), size)) return done(Errc::BadData);
      done(std::move(reply));
    });
  }

  /// A server has accepted the stream.
  bool connected() const { return core_.connected(); }
  /// Submitted and not answered.
  std::size_t pending() const { return core_.pending(); }
  /// Fails what is pending with Errc::Cancelled and lets the stream go.
  void close() { core_.close(); }

 private:
  BatchStreamCore core_;
};

}  // namespace pbx::rpc
