#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/result.hpp"
#include "core/secret.hpp"
#include "redis/address.hpp"

namespace pbx::redis {

/// What stands behind a URI.
enum class Topology : std::uint8_t {
  Server,    ///< One server, or a name that leads to the master.
  Sentinel,  ///< The master that a group of sentinels names.
  Cluster,   ///< A Redis Cluster.
};

struct Options {
  Topology topology = Topology::Server;
  std::string host = "127.0.0.1";
  std::uint16_t port = 6379;
  std::string unix_path;       ///< Not empty: a UNIX socket instead of host and port.
  std::vector<Address> seeds;  ///< The sentinels, or some nodes of the cluster.
  std::string master_name;     ///< As the sentinels call it.
  bool sentinel_auth = false;  ///< The sentinels ask for the same user and password.
  int db = 0;
  std::string user;  ///< Empty: Redis' default user.
  Secret password;   ///< Empty: no AUTH.
  bool tls = false;
  std::string ca_file;                      ///< TLS: empty means the system's certificates.
  std::string certificate_file, key_file;   ///< TLS: our own, when the server asks for one.
  std::chrono::milliseconds timeout{1000};  ///< Of a command, and of connecting.
  std::chrono::milliseconds backoff_min{50}, backoff_max{2000};  ///< Between attempts, jittered.
  std::uint32_t max_pending = 65'536;        ///< Commands without a reply; more are Overloaded.
  std::size_t max_unsent_bytes = 64u << 20;  ///< Formatted and not yet written; likewise.
  /// How often the sentinels are asked whether the master is still the one, or a node of the
  /// cluster for the slots, when nothing gives a reason to; 0: 2 s and 10 s.
  std::chrono::milliseconds refresh{0};
};

/// `redis://[user@]host[:port][/db]`, `unix:///path[?db=N]`,
/// `redis-sentinel://[user@]host[:port][,host[:port]…]/master[/db][?sentinel_auth=yes]`,
/// `redis-cluster://[user@]host[:port][,host[:port]…]`; `rediss…://` for TLS. A password in
/// the URI is refused (InvalidArgument): it would end in logs. IPv6 hosts stand in brackets.
Result<Options> parse_uri(std::string_view uri, Secret password = {});

}  // namespace pbx::redis
