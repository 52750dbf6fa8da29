#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "core/clock.hpp"
#include "core/keyed_hash.hpp"
#include "net/tcp_transport.hpp"
#include "proxy/domain/flow.hpp"
#include "proxy/domain/node.hpp"
#include "proxy/domain/refusal.hpp"
#include "sip/stream_framer.hpp"

namespace pbx::proxy {

/// Cuts the streams of one TCP transport into messages and answers their keep-alives. A stream that
/// cannot be read on, or begins a message and does not finish it, is closed. So are some when all
/// of them together hold more of unfinished messages than `maxStreamBytes`: those first that have
/// never finished one, the oldest first.
class TcpStreams {
 public:
  struct Callbacks {
    /// True: it is valid.
    std::function<bool(std::string_view bytes, const Flow& flow)> on_message;
    /// What is left of a stream that makes no sense, to be answered if it can be.
    std::function<void(std::string_view bytes, const Flow& flow, std::error_code why)> on_garbage;
  };

  TcpStreams(const Node& node, std::uint8_t listener, Callbacks callbacks)
      : node_{node}, listener_{listener}, callbacks_{std::move(callbacks)} {}

  void on_data(net::TcpTransport& tcp, net::TcpTransport::Id id, const Endpoint& peer,
               std::string_view bytes, Clock::Steady now);
  void on_closed(net::TcpTransport::Id id);
  /// Closes streams whose message has been incomplete since `before`.
  void close_slow(net::TcpTransport& tcp, Clock::Steady before);
  /// Of unfinished messages.
  std::size_t held() const { return held_; }

 private:
  struct Stream {
    sip::StreamFramer framer;
    Clock::Steady incomplete_since{};
    std::size_t held = 0;  ///< As it is in held_.
    bool known = false;    ///< Has brought a valid message.
    bool broken = false;
  };
  using Streams = std::unordered_map<net::TcpTransport::Id, std::unique_ptr<Stream>, AsIs>;

  void weigh(Stream& stream, std::size_t held);
  void make_room(net::TcpTransport& tcp);
  void close(net::TcpTransport& tcp, net::TcpTransport::Id id, Stream& stream, Refusal why);
  bool next_frame(net::TcpTransport& tcp, Stream& stream, const Flow& flow);

  const Node& node_;
  const std::uint8_t listener_;
  Callbacks callbacks_;
  Streams streams_;
  std::size_t held_ = 0;
};

}  // namespace pbx::proxy
