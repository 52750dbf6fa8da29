#pragma once

#include <cstddef>
#include <optional>

namespace pbx::proxy {

/// What decides how many TCP connections a process may have.
struct TcpDemand {
  std::size_t descriptors = 0;  ///< That the process may have open.
  std::size_t workers = 1;
  std::size_t listeners = 2;                 ///< All of them.
  std::size_t tcp_listeners = 1;             ///< Not 0.
  std::size_t connections = 10'000;          ///< Wanted a worker.
  std::optional<std::size_t> a_source = {};  ///< Wanted a source; else what is usual.
};

struct TcpShares {
  std::size_t connections = 0;  ///< Of one listener at one worker.
  std::size_t a_source = 0;     ///< Of one source at the whole process.
};

/// The least number of descriptors to run with.
std::size_t least_descriptors(const TcpDemand& demand);

/// Some descriptors are kept back for what must go on whatever strangers do: health, gRPC, Redis,
/// Kafka, the registrars. nullopt: that leaves too few for phones.
std::optional<TcpShares> tcp_shares(const TcpDemand& demand);

}  // namespace pbx::proxy
