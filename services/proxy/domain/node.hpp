#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/clock.hpp"
#include "proxy/domain/addresses.hpp"
#include "proxy/domain/peers.hpp"
#include "proxy/domain/tokens.hpp"
#include "proxy/metrics.hpp"

namespace pbx::proxy {

class TrustBoundary;

struct Settings {
  std::string node;        ///< This process' name among the proxies.
  std::uint32_t boot = 0;  ///< Random, new with each process.
  std::uint16_t workers = 1;
  std::chrono::milliseconds timer_c{180'000};
  std::chrono::milliseconds nonce_lifetime{300'000};
  std::chrono::milliseconds dialog_lease{30'000};
  std::chrono::milliseconds call_check{300'000};  ///< Each call's phones are asked so often.
  std::chrono::milliseconds session_check{60'000};
  std::chrono::milliseconds session_unclear{12 * 3'600'000};
  std::chrono::milliseconds max_ringing{300'000};        ///< No INVITE waits longer for its answer.
  std::chrono::milliseconds max_call{24 * 3'600'000};    ///< No call lasts longer, nor its tokens.
  std::size_t max_transactions = 50'000;                 ///< A worker.
  std::size_t max_transaction_bytes = 64 * 1024 * 1024;  ///< A worker: of the messages they keep.
  std::chrono::milliseconds tcp_idle{900'000};
  std::chrono::milliseconds tcp_first_request{30'000};
  std::size_t max_stream_bytes =
      16 * 1024 * 1024;          ///< A worker and listener: of messages that are not whole yet.
  std::size_t max_tcp = 10'000;  ///< Connections a worker and listener.
  std::size_t max_tcp_per_source = 2'000;  ///< Of the process.
  std::chrono::milliseconds udp_gather{
      4};                        ///< The longest that datagrams wait to be read together.
  bool assert_identity = false;  ///< Callees are told who calls, unless their device says.
  std::uint32_t max_user_calls =
      0;  ///< Made by a user for whom nothing else is said; 0: any number.
};

/// What all parts of one worker know of the process. Fixed for life.
struct Node {
  const Settings& settings;
  const Addresses& addresses;
  const Tokens& tokens;
  const Clock& clock;
  Metrics& metrics;
  const TrustBoundary& boundary;
  std::uint16_t worker = 0;
  const Peers* peers = nullptr;  ///< nullptr: no other node is known to live.

  std::uint32_t now_s() const {
    return static_cast<std::uint32_t>(clock.now().time_since_epoch().count() / 1'000);
  }
  /// Another process of the cluster, that was there at `seen_s`.
  bool lives(std::string_view other, std::uint32_t boot, std::uint32_t seen_s) const {
    return peers != nullptr && peers->live(other, boot, seen_s);
  }
  bool lives_at(const Home& home, std::uint32_t seen_s) const {
    return peers == nullptr || peers->live_at(home, seen_s);
  }
};

}  // namespace pbx::proxy
