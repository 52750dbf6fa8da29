#pragma once

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <chrono>
#include <cstddef>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>

#include "net/address.hpp"
#include "rpc/batch_server.hpp"
#include "rpc/detail/frame_pipe.hpp"
#include "rpc/gate.hpp"
#include "rpc/greeting.hpp"
#include "rpc/metrics.hpp"

namespace pbx::rpc::detail {

class ServerPeer;

/// What all connections of one server share; safe from any thread.
struct ServerFacts {
  const BatchServerOptions options;
  const Gate gate;
  const TlsContext tls;
  BatchServerMetrics metrics;
  std::atomic<std::size_t> streams{0};  ///< Accepted ones.
  std::atomic<bool> draining{false};
};

/// One worker's connections; all but `load` belongs to its thread.
struct ServerWorker {
  boost::asio::io_context& loop;
  const BatchServer::Handler handler;
  std::atomic<std::size_t> load{0};  ///< Connections, those on their way included.
  std::unordered_map<const void*, std::weak_ptr<ServerPeer>> peers{};
  bool stopped = false;
};

/// One connection. All of it belongs to the worker's thread.
///
///   Greeting ── accepted ──► Open ── asked all, or draining, and answered ──► Ending ──► Closed
///      └────────────────────── refused ────────────────────────────────────────▲
///
/// Ending: the last frame is on its way, then the client closes, or is closed after a second: a
/// connection closed with unread bytes would take the last answers with it.
class ServerPeer final : public BatchPeer,
                         private FrameEvents,
                         public std::enable_shared_from_this<ServerPeer> {
 public:
  ServerPeer(std::shared_ptr<ServerFacts> facts, std::shared_ptr<ServerWorker> worker,
             const net::Address& address);
  ~ServerPeer() override;

  void start(net::Fd fd);
  void drain();
  void close();

  void reply(const google::protobuf::MessageLite& item) override;
  void skip() override;

 private:
  enum class State { Greeting, Open, Ending, Closed };

  struct Replies {
    std::string bytes;
    std::size_t items = 0;
  };

  void on_connected() override;
  void on_frame(std::string_view bytes) override;
  void on_written() override;
  void on_closed(std::error_code why) override;

  void greet(std::string_view bytes);
  Verdict judge(const Result<Hello>& hello) const;
  void refuse(Verdict verdict);
  void on_batch(std::string_view bytes);
  void go_on();
  void read_on();
  void write(std::string frame);
  void end_with(std::string frame);
  void close_after(std::chrono::milliseconds time);

  const std::shared_ptr<ServerFacts> facts_;
  const std::shared_ptr<ServerWorker> worker_;
  const net::Address address_;
  const std::shared_ptr<FramePipe> pipe_;
  boost::asio::steady_timer timer_;  ///< Until the greeting; after the last frame.
  State state_ = State::Greeting;
  std::deque<Replies> gathered_;  ///< What no frame has taken yet.
  std::size_t in_flight_ = 0;     ///< Items that are owed an answer.
  bool counted_ = false;          ///< Among facts_->streams.
  bool connected_ = false;
  bool flush_posted_ = false;
  bool read_ended_ = false;
  bool writing_ = false;
  bool paused_ = false;
  bool draining_ = false;
};

}  // namespace pbx::rpc::detail
