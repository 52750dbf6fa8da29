#include "proxy/worker.hpp"

#include <algorithm>

#include "pbx/config/v1/proxy.pb.h"
#include "proxy/domain/early.hpp"
#include "proxy/domain/own_request.hpp"
#include "proxy/settings.hpp"

namespace pbx::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kTick{1};
/// A stream that needs longer for one message is held open on purpose.
constexpr seconds kSlowStream{20};

}  // namespace

Worker::Worker(runtime::Loop& loop, unsigned index, Shared& shared)
    : loop_{loop.context()},
      node_{shared.settings,
            shared.addresses,
            shared.tokens,
            loop.clock(),
            shared.metrics,
            shared.boundary,
            static_cast<std::uint16_t>(index),
            &shared.peers},
      awake_{shared.awake},
      timers_{loop.clock()},
      redis_{loop_, shared.redis_options, shared.redis_metrics},
      locations_{redis_, loop.clock()},
      dialogs_{redis_, loop.clock()},
      keeper_{{dialogs_, shared.events, shared.live, shared.undelivered, shared.metrics, loop_,
               shared.settings.node, shared.settings.boot, shared.settings.dialog_lease,
               [this](const state::v1::DialogRecord& record) {
                 return static_cast<bool>(is_anothers(node_, record));
               },
               [this, &awake = shared.awake] { return awake.slept(node_.clock.steady()); },
               [&hints = shared.hints](const calls::Key& call) { hints.doubted(call); }}},
      location_reader_{locations_},
      nonce_uses_{redis_},
      cluster_uses_{nonce_uses_},
      registrar_{loop_, shared.config.registrar(), shared.to_registrar,
                 stream_number(shared.settings.node, index, shared.switchboard.size()),
                 shared.registry},
      trays_{shared.switchboard, index},
      transports_{loop_, node_, trays_, shared.udp_metrics, shared.tcp_metrics, shared.tcp_sources},
      layer_{transports_, timers_, shared.settings.max_transactions,
             shared.settings.max_transaction_bytes},
      stateless_{node_, shared.reply_tags, transports_},
      auth_{{shared.directory, loop.clock(), shared.keys, shared.replays, cluster_uses_,
             shared.settings.nonce_lifetime}},
      registers_{node_, layer_, registrar_, overload_.registrations},
      resumption_{{node_,
                   keeper_,
                   location_reader_,
                   early_,
                   overload_,
                   auth_,
                   {node_, layer_, stateless_}}},
      router_{{node_, shared.directory, layer_, stateless_, auth_, keeper_, location_reader_,
               registers_, early_, overload_}},
      edge_{{node_, layer_, stateless_, router_, resumption_, trays_}},
      sessions_{{node_, layer_, keeper_, location_reader_,
                 [&live = shared.live](const state::v1::DialogRecord& record) {
                   return live.find(calls::key_of(record)) != nullptr;
                 },
                 [this](const state::v1::DialogRecord& record, const Confirmed& confirmed) {
                   rounds_.settled(record, confirmed);
                 }}},
      rounds_{node_, shared.live, shared.hints, sessions_},
      reaper_{{node_, dialogs_, keeper_, shared.live, shared.undelivered, shared.awake,
               [this](const sip::Message& invite) { edge_.on_orphan(invite, {}); },
               [this](const state::v1::DialogRecord& record) {
                 const auto now = node_.clock.steady();
                 sessions_.add(record, {now, now});
               }}},
      driver_{loop_, timers_},
      flush_trays_{loop_,
                   [this] {
                     trays_.flush([this](std::size_t size) {
                       node_.metrics.handover_batch.Observe(static_cast<double>(size));
                     });
                   }},
      maintenance_{loop_} {
  redis_.on_connect([this](redis::Client& connection) {
    locations_.load_functions(connection);
    dialogs_.load_functions(connection);
    reaper_.on_reconnect();
    keeper_.retry();
    // Before this is answered only hooks are served: what came now would find no record.
    connection.send(redis::Command{"PING"}, [this](const Result<redis::Reply>& reply) {
      if (reply) transports_.receive();
    });
  });
  trays_.on_put([this] { flush_trays_.arm(); });
  transports_.open(
      {[this](std::string_view bytes, const Flow& flow) { return edge_.on_message(bytes, flow); },
       [this](std::string_view bytes, const Flow& flow, std::error_code why) {
         edge_.on_garbage(bytes, flow, why);
       },
       [this](std::uint64_t report_to) { layer_.on_unsent(report_to); },
       [this, &hints = shared.hints](ConnectionId connection) {
         layer_.on_closed(connection);
         hints.closed(connection);
       },
       [&hints = shared.hints](const Endpoint& phone) { hints.unreachable(phone); },
       [this](std::chrono::milliseconds waiting) { overload_.receiving = waiting; }});
  seat_ = shared.switchboard.sit(index, loop_, [this](std::vector<Parcel> parcels) {
    for (auto& parcel : parcels) {
      const bool message =
          parcel.kind == Parcel::Kind::Message || parcel.kind == Parcel::Kind::Orphan;
      message ? edge_.on_parcel(parcel) : transports_.on_parcel(std::move(parcel));
    }
  });
  redis_.start();
  maintain();
}

Worker::~Worker() {
  seat_ = nullptr;
  redis_.close();
}

void Worker::drain() {
  router_.drain();
  transports_.stop_listening();
}

bool Worker::idle() const {
  return layer_.working() == 0 && keeper_.waiting() == 0 && keeper_.in_flight() == 0;
}

void Worker::send_byes(const state::v1::DialogRecord& record, std::string_view reason) {
  proxy::send_byes(node_, layer_, record, reason);
}

void Worker::maintain() {
  maintenance_.expires_after(kTick);
  maintenance_.async_wait([this](const boost::system::error_code& error) {
    if (error) return;
    keeper_.retry();
    transports_.receive();  // by now without Redis: what is in a dialog needs none
    transports_.close_slow_streams(kSlowStream);
    update_gauges();
    const auto lease = std::max<std::int64_t>(
        1, std::chrono::duration_cast<seconds>(node_.settings.dialog_lease).count() / 3);
    // Leases are the process' business: its first worker renews those of all.
    if (node_.worker == 0) {
      awake_.tick(node_.clock.steady());
      const bool due = ++ticks_ % static_cast<unsigned>(lease) == 0;
      if (due || reaper_.urgent()) reaper_.renew();
      if (due || reaper_.has_more()) reaper_.sweep();
      rounds_.run();
      sessions_.run();
    }
    maintain();
  });
}

void Worker::update_gauges() {
  const auto show = [](prometheus::Gauge& gauge, double& shown, double value) {
    gauge.Increment(value - shown);
    shown = value;
  };
  const auto working = static_cast<double>(layer_.working());
  show(node_.metrics.transactions, shown_transactions_, working);
  show(node_.metrics.lingering, shown_lingering_, static_cast<double>(layer_.size()) - working);
  show(node_.metrics.transaction_bytes, shown_bytes_, static_cast<double>(layer_.bytes()));
  show(node_.metrics.stream_bytes, shown_stream_bytes_,
       static_cast<double>(transports_.stream_bytes()));
  show(node_.metrics.waiting_registrations, shown_registrations_,
       static_cast<double>(overload_.registrations.waiting()));
  show(node_.metrics.waiting_calls, shown_calls_, static_cast<double>(overload_.calls.waiting()));
}

}  // namespace pbx::proxy
