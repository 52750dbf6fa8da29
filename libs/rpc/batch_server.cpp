#include "rpc/batch_server.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <chrono>
#include <future>
#include <mutex>
#include <stdexcept>
#include <utility>
#include <vector>

#include "net/tcp_acceptor.hpp"
#include "pbx/config/v1/common.pb.h"
#include "rpc/detail/batch_peer.hpp"

namespace pbx::rpc {
namespace detail {
namespace {

constexpr std::chrono::seconds kStopTime{10};
/// Connections without a greeting, and refused ones on their way out.
constexpr std::size_t kStrangers = 256;

}  // namespace

/// Accepts connections and hands each to a worker. What runs on a loop is owned by that loop's
/// handlers; from here it is only watched.
class BatchListener : public std::enable_shared_from_this<BatchListener> {
 public:
  BatchListener(const config::v1::StreamServer& config, Gate gate, BatchServerOptions options,
                prometheus::Registry& registry)
      : facts_{std::make_shared<ServerFacts>(options, std::move(gate),
                                             server_tls(config.has_tls() ? &config.tls() : nullptr),
                                             BatchServerMetrics{registry, options.method})} {}

  void serve_on(boost::asio::io_context& loop, BatchServer::Handler handler) {
    const std::lock_guard lock{mutex_};
    workers_.push_back(std::make_shared<ServerWorker>(loop, std::move(handler)));
  }

  void start(net::Fd listening) {
    if (workers_.empty()) throw std::logic_error{"a stream server without workers"};
    started_ = true;
    auto& loop = workers_.front()->loop;
    boost::asio::post(loop, [self = shared_from_this(), fd = std::move(listening)]() mutable {
      self->accept(std::move(fd));
    });
  }

  void drain() {
    facts_->draining = true;
    on_every_worker([](ServerWorker& worker) {
      for_each_peer(worker, [](ServerPeer& peer) { peer.drain(); });
    });
  }

  std::size_t streams() const { return facts_->streams; }

  void stop() {
    if (!std::exchange(started_, false)) return;
    std::vector<std::future<void>> stopped;
    for (const auto& worker : workers_) {
      auto promise = std::make_shared<std::promise<void>>();
      stopped.push_back(promise->get_future());
      boost::asio::post(worker->loop, [self = shared_from_this(), worker, promise] {
        self->stop_worker(*worker);
        promise->set_value();
      });
    }
    for (const auto& one : stopped) one.wait_for(kStopTime);
  }

 private:
  template <class Do>
  void on_every_worker(Do what) {
    const std::lock_guard lock{mutex_};
    for (const auto& worker : workers_) {
      boost::asio::post(worker->loop, [worker, what] { what(*worker); });
    }
  }

  template <class Do>
  static void for_each_peer(const ServerWorker& worker, Do what) {
    std::vector<std::shared_ptr<ServerPeer>> peers;
    for (const auto& [key, weak] : worker.peers) peers.push_back(weak.lock());
    for (const auto& peer : peers) {
      if (peer) what(*peer);
    }
  }

  void accept(net::Fd listening) {
    auto on_accept = [self = shared_from_this()](net::Fd fd, const net::Address& peer) {
      self->hand_over(std::move(fd), peer);
    };
    const auto acceptor =
        std::make_shared<net::TcpAcceptor>(workers_.front()->loop, std::move(listening),
                                           std::move(on_accept), facts_->metrics.accept_errors);
    acceptor->start();
    acceptor_ = acceptor;
  }

  /// To the worker with the fewest, the first one of several.
  void hand_over(net::Fd fd, const net::Address& address) {
    std::size_t all = 0;
    for (const auto& worker : workers_) all += worker->load;
    if (all >= facts_->streams + kStrangers) {
      facts_->metrics.refused_full.Increment();
      return;
    }
    const auto& worker = *std::min_element(
        workers_.begin(), workers_.end(),
        [](const auto& a, const auto& b) { return a->load.load() < b->load.load(); });
    ++worker->load;
    boost::asio::post(worker->loop,
                      [facts = facts_, worker, address, fd = std::move(fd)]() mutable {
                        if (worker->stopped) return;
                        std::make_shared<ServerPeer>(facts, worker, address)->start(std::move(fd));
                      });
  }

  void stop_worker(ServerWorker& worker) {
    worker.stopped = true;
    if (&worker == workers_.front().get()) {
      if (const auto acceptor = acceptor_.lock()) acceptor->close();
    }
    for_each_peer(worker, [](ServerPeer& peer) { peer.close(); });
  }

  const std::shared_ptr<ServerFacts> facts_;
  std::mutex mutex_;  ///< While workers are added.
  std::vector<std::shared_ptr<ServerWorker>> workers_;
  bool started_ = false;
  std::weak_ptr<net::TcpAcceptor> acceptor_;  ///< Of the first worker's thread.
};

}  // namespace detail

BatchServer::BatchServer(const config::v1::StreamServer& config, Gate gate,
                         BatchServerOptions options, prometheus::Registry& registry)
    : listen_{config.listen()},
      listener_{std::make_shared<detail::BatchListener>(config, std::move(gate), std::move(options),
                                                        registry)} {}

BatchServer::~BatchServer() = default;

void BatchServer::serve_on(boost::asio::io_context& loop, Handler handler) {
  listener_->serve_on(loop, std::move(handler));
}

void BatchServer::start() {
  const auto address = net::Address::parse(listen_);
  if (!address) throw std::runtime_error{"cannot listen for streams on " + listen_};
  auto listening = net::listen_tcp(*address, net::Port::Alone);
  address_ = net::local_address(listening.get()).to_string();
  listener_->start(std::move(listening));
}

void BatchServer::drain() { listener_->drain(); }
std::size_t BatchServer::streams() const { return listener_->streams(); }
void BatchServer::stop() { listener_->stop(); }

}  // namespace pbx::rpc
