#include "proxy/fronts/tcp_streams.hpp"

#include <vector>

namespace pbx::proxy {

void TcpStreams::on_data(net::TcpTransport& tcp, net::TcpTransport::Id id, const Endpoint& peer,
                         std::string_view bytes, Clock::Steady now) {
  auto& slot = streams_[id];
  if (!slot) slot = std::make_unique<Stream>();
  auto& stream = *slot;
  if (stream.broken) return;
  const Flow flow{sip::Transport::Tcp, listener_, peer, id};
  while (!bytes.empty()) {
    const auto taken = stream.framer.feed(bytes);
    bytes.remove_prefix(taken);
    bool more = true;
    while (more) more = next_frame(tcp, stream, flow);
    if (stream.broken || (taken == 0 && !bytes.empty())) break;
  }
  if (!stream.framer.in_message()) {
    stream.incomplete_since = {};
  } else if (stream.incomplete_since == Clock::Steady{}) {
    stream.incomplete_since = now;
  }
}

/// False: nothing complete is left, or the stream is broken.
bool TcpStreams::next_frame(net::TcpTransport& tcp, Stream& stream, const Flow& flow) {
  const auto frame = stream.framer.next();
  if (!frame) {
    stream.broken = true;
    callbacks_.on_garbage(stream.framer.pending(), flow, frame.error());
    tcp.close(flow.connection);
    return false;
  }
  switch (frame->kind) {
    case sip::Frame::Kind::None:
      return false;
    case sip::Frame::Kind::Ping:
      node_.metrics.keepalives.Increment();
      static_cast<void>(tcp.send(flow.connection, "\r\n"));
      return true;
    case sip::Frame::Kind::Pong:
      return true;
    case sip::Frame::Kind::Message:
      stream.incomplete_since = {};
      if (callbacks_.on_message(frame->bytes, flow)) {
        tcp.raise(flow.connection, net::TcpRank::Known);
      }
      return true;
  }
  return false;
}

void TcpStreams::close_slow(net::TcpTransport& tcp, Clock::Steady before) {
  for (const auto& [id, stream] : streams_) {
    const bool incomplete = stream->incomplete_since != Clock::Steady{};
    if (stream->broken || !incomplete || stream->incomplete_since > before) continue;
    stream->broken = true;
    node_.metrics.refused(Refusal::SlowStream).Increment();
    tcp.close(id);
  }
}

}  // namespace pbx::proxy
