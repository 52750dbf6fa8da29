#include "proxy/fronts/tcp_streams.hpp"

#include <algorithm>
#include <utility>
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
  stream.framer.rest();
  weigh(stream, stream.framer.held());
  if (held_ > node_.settings.max_stream_bytes) make_room(tcp);
}

void TcpStreams::on_closed(net::TcpTransport::Id id) {
  const auto found = streams_.find(id);
  if (found == streams_.end()) return;
  weigh(*found->second, 0);
  streams_.erase(found);
}

void TcpStreams::weigh(Stream& stream, std::size_t held) {
  held_ += held - stream.held;
  stream.held = held;
}

/// More than is needed at once, so that it is rarely needed.
void TcpStreams::make_room(net::TcpTransport& tcp) {
  const auto enough = node_.settings.max_stream_bytes / 4 * 3;
  std::vector<Streams::value_type*> holding;
  for (auto& one : streams_) {
    if (one.second->held != 0) holding.push_back(&one);
  }
  std::sort(holding.begin(), holding.end(), [](const auto* a, const auto* b) {
    const auto order = [](const Stream& stream) {
      return std::pair{stream.known, stream.incomplete_since};
    };
    return order(*a->second) < order(*b->second);
  });
  for (auto* one : holding) {
    if (held_ <= enough) return;
    close(tcp, one->first, *one->second, Refusal::StreamBudget);
  }
}

void TcpStreams::close(net::TcpTransport& tcp, net::TcpTransport::Id id, Stream& stream,
                       Refusal why) {
  stream.broken = true;
  stream.framer = sip::StreamFramer{};
  weigh(stream, 0);
  node_.metrics.refused(why).Increment();
  tcp.close(id);
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
        stream.known = true;
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
    close(tcp, id, *stream, Refusal::SlowStream);
  }
}

}  // namespace pbx::proxy
