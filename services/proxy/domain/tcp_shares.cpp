#include "proxy/domain/tcp_shares.hpp"

#include <algorithm>

namespace pbx::proxy {
namespace {

// Not for phones. A process: 64 connections of the admin server, 32 of gRPC with two descriptors
// each, brokers, threads' pipes, logs, spool. A worker: its loop, Redis nodes, registrars; a
// listener: its socket and, of datagrams, what watches it.
constexpr std::size_t kKeptAProcess = 192;
constexpr std::size_t kKeptAWorker = 24;
constexpr std::size_t kKeptAListener = 3;
constexpr std::size_t kFewest = 16;  ///< Connections a worker and listener.

constexpr std::size_t kUsualASource = 2'000;

std::size_t kept(const TcpDemand& demand) {
  return kKeptAProcess + demand.workers * (kKeptAWorker + demand.listeners * kKeptAListener);
}

}  // namespace

std::size_t least_descriptors(const TcpDemand& demand) {
  return kept(demand) + demand.workers * demand.tcp_listeners * kFewest;
}

std::optional<TcpShares> tcp_shares(const TcpDemand& demand) {
  if (demand.descriptors < least_descriptors(demand)) return std::nullopt;
  const auto parts = demand.workers * demand.tcp_listeners;
  const auto wanted = std::max<std::size_t>(1, demand.connections / demand.tcp_listeners);
  TcpShares shares;
  shares.connections = std::min(wanted, (demand.descriptors - kept(demand)) / parts);
  const auto quarter = std::max<std::size_t>(1, shares.connections * parts / 4);
  shares.a_source = demand.a_source.value_or(std::min(kUsualASource, quarter));
  return shares;
}

}  // namespace pbx::proxy
