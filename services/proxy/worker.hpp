#pragma once

#include <boost/asio/steady_timer.hpp>
#include <memory>

#include "cluster/dialogs.hpp"
#include "cluster/locations.hpp"
#include "core/key_ring.hpp"
#include "net/end_of_turn.hpp"
#include "proxy/adapters/call_rounds.hpp"
#include "proxy/adapters/dialog_keeper.hpp"
#include "proxy/adapters/reaper.hpp"
#include "proxy/adapters/redis_location_reader.hpp"
#include "proxy/adapters/redis_nonce_uses.hpp"
#include "proxy/adapters/registrar_stream.hpp"
#include "proxy/domain/session_watch.hpp"
#include "proxy/fronts/edge.hpp"
#include "proxy/fronts/timer_driver.hpp"
#include "proxy/fronts/transports.hpp"
#include "redis/connection.hpp"
#include "rpc/gate.hpp"
#include "runtime/loop.hpp"

namespace pbx::config::v1 {
class Proxy;
}

namespace pbx::proxy {

/// What the workers share: fixed, or safe to use from any thread.
struct Shared {
  const config::v1::Proxy& config;
  const Settings& settings;
  const Addresses& addresses;
  const Tokens& tokens;
  const KeyedHashes& reply_tags;
  Peers& peers;
  const KeyRing& keys;
  sip::ReplayGuard& replays;
  const TrustBoundary& boundary;
  const rpc::Gate& gate;
  const rpc::Credentials& to_registrar;
  const rpc::Credentials& to_proxy;  ///< Other nodes.
  const redis::Options& redis_options;
  const directory::Directory& directory;
  cluster::EventPublisher& events;
  LiveCalls& live;
  Undelivered& undelivered;
  Awake& awake;
  PhoneHints& hints;
  Switchboard& switchboard;
  prometheus::Registry& registry;
  Metrics& metrics;
  redis::Metrics& redis_metrics;
  net::UdpMetrics& udp_metrics;
  net::TcpMetrics& tcp_metrics;
  net::TcpSources& tcp_sources;
};

/// All that one worker thread owns, in the order in which its parts stand on each other.
class Worker {
 public:
  Worker(runtime::Loop& loop, unsigned index, Shared& shared);
  ~Worker();

  bool ready() const { return redis_.connected() && registrar_.connected(); }
  /// Refuses new calls and registrations from now on.
  void drain();
  /// Nothing is unanswered and no record or event waits to be written.
  bool idle() const;
  bool hang_up(const std::string& call_id, std::string_view reason) {
    return router_.hang_up(call_id, reason);
  }
  /// Ends an answered call at both its sides.
  void send_byes(const state::v1::DialogRecord& record, std::string_view reason);

 private:
  void maintain();
  void update_gauges();

  boost::asio::io_context& loop_;
  const Node node_;
  Awake& awake_;
  EarlyCalls early_;
  Overload overload_;
  Timers timers_;
  redis::Connection redis_;
  cluster::Locations locations_;
  cluster::Dialogs dialogs_;
  DialogKeeper keeper_;
  RedisLocationReader location_reader_;
  cluster::NonceUses nonce_uses_;
  RedisNonceUses cluster_uses_;
  RegistrarStream registrar_;
  Trays trays_;
  Transports transports_;
  TransactionLayer layer_;
  Stateless stateless_;
  CallerAuth auth_;
  RegisterRelay registers_;
  Resumption resumption_;
  Router router_;
  Edge edge_;
  SessionWatch sessions_;
  CallRounds rounds_;
  Reaper reaper_;
  TimerDriver driver_;
  net::EndOfTurn flush_trays_;
  boost::asio::steady_timer maintenance_;
  unsigned ticks_ = 0;
  double shown_transactions_ = 0;
  double shown_lingering_ = 0;
  double shown_bytes_ = 0;
  double shown_stream_bytes_ = 0;
  double shown_registrations_ = 0;
  double shown_calls_ = 0;
  std::shared_ptr<void> seat_;
};

}  // namespace pbx::proxy
