#include "proxy/operations.hpp"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <thread>

#include "pbx/config/v1/proxy.pb.h"

namespace pbx::proxy {
namespace {

constexpr std::chrono::milliseconds kStopTime{500};
constexpr std::chrono::milliseconds kStopStep{10};
constexpr std::chrono::milliseconds kPeersEvery{1'500};

state::v1::Node self(const runtime::Application& app, const Shared& shared,
                     const std::string& grpc) {
  state::v1::Node node;
  node.set_service("proxy");
  node.set_node(app.node());
  node.set_grpc(grpc);
  node.set_metrics(app.admin_address());
  for (const auto& listener : shared.addresses) {
    node.add_homes(std::string{sip::transport_param(listener.transport)} + ":" +
                   listener.node.to_string());
    node.add_sip(std::string{sip::transport_param(listener.transport)} + ":" + listener.host + ":" +
                 std::to_string(listener.port));
  }
  node.set_pid(static_cast<std::uint64_t>(getpid()));
  node.set_boot(shared.settings.boot);
  node.set_started_at_ms(app.clock().now().time_since_epoch().count());
  return node;
}

Peers::Peer peer_of(const state::v1::Node& node) {
  Peers::Peer peer{node.node(), node.boot(), {}};
  for (const std::string_view home : node.homes()) {
    const auto colon = std::min(home.find(':'), home.size());
    const auto at = Endpoint::parse(home.substr(std::min(colon + 1, home.size())));
    if (at) peer.homes.push_back({sip::transport_from(home.substr(0, colon)), *at});
  }
  return peer;
}

}  // namespace

Operations::Operations(runtime::Application& app, Shared& shared, runtime::Workers<Worker>& workers)
    : loop_{app.loop()},
      clock_{app.clock()},
      peers_{shared.peers},
      redis_{app.loop(), shared.redis_options, shared.redis_metrics},
      dialogs_{redis_, app.clock()},
      nodes_{redis_, app.clock()},
      keeper_{{dialogs_,
               shared.events,
               shared.live,
               shared.undelivered,
               shared.metrics,
               app.loop(),
               shared.settings.node,
               shared.settings.boot,
               shared.settings.dialog_lease,
               {},
               [&] { return shared.awake.slept(app.clock().steady()); }}},
      desk_{{redis_, dialogs_, nodes_, keeper_, app.clock(), app.node(),
             [&workers](const std::string& call_id, const std::string& reason) {
               workers.post_all(
                   [call_id, reason](Worker& worker) { worker.hang_up(call_id, reason); });
             },
             [&workers](const state::v1::DialogRecord& record, const std::string& reason) {
               workers.post(0,
                            [record, reason](Worker& worker) { worker.send_byes(record, reason); });
             },
             [&app, &shared](const std::string& grpc, const std::string& call_id,
                             const std::string& reason, CallDesk::Done<void> done) {
               ask_to_hang_up(app.loop(), shared.to_proxy, grpc, call_id, reason, std::move(done));
             }}},
      server_{shared.config.grpc(), shared.gate, shared.registry},
      front_{server_, app.loop(), desk_, shared.directory},
      lease_{app.loop(), redis_, app.clock(),
             [&] {
               server_.start();
               return self(app, shared, server_.address());
             }()},
      peer_timer_{app.loop()} {
  redis_.on_connect([this](redis::Client& connection) {
    dialogs_.load_functions(connection);
    lease_.start();  // at once, not when its next renewal is due
  });
  redis_.start();
  watch_peers();
}

void Operations::watch_peers() {
  const auto at_s = std::chrono::floor<std::chrono::seconds>(clock_.now().time_since_epoch());
  nodes_.list("proxy", [this, at_s](const Result<std::vector<state::v1::Node>>& nodes) {
    if (!nodes) return;  // what was known counts on
    std::vector<Peers::Peer> peers;
    for (const auto& node : *nodes) peers.push_back(peer_of(node));
    peers_.set(std::move(peers), static_cast<std::uint32_t>(at_s.count()));
  });
  peer_timer_.expires_after(kPeersEvery);
  peer_timer_.async_wait([this](const boost::system::error_code& error) {
    if (!error) watch_peers();
  });
}

void Operations::stop() {
  peer_timer_.cancel();
  // The application runs this loop no more, but calls of the API still end on it.
  std::atomic<bool> stopped = false;
  std::thread stopper{[this, &stopped] {
    server_.stop(kStopTime);
    stopped = true;
  }};
  bool released = false;
  lease_.release([&released](const Result<>&) { released = true; });
  const auto until = std::chrono::steady_clock::now() + kStopTime;
  while (!stopped || (!released && std::chrono::steady_clock::now() < until)) {
    if (loop_.stopped()) loop_.restart();
    loop_.run_one_for(kStopStep);
  }
  stopper.join();
  redis_.close();
}

}  // namespace pbx::proxy
