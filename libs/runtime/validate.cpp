#include "runtime/validate.hpp"

#include <google/protobuf/duration.pb.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>

#include "net/address.hpp"
#include "pbx/config/v1/common.pb.h"
#include "telemetry/log.hpp"

namespace pbx::runtime {

using std::chrono::milliseconds;

namespace {

std::string below(std::string_view path, std::string_view name) {
  return std::string{path} + '.' + std::string{name};
}

std::string quoted(std::string_view text) { return '"' + std::string{text} + '"'; }

std::string why() { return std::generic_category().message(errno); }

std::string in_words(milliseconds time) {
  return time.count() % 1000 == 0 ? std::to_string(time.count() / 1000) + " s"
                                  : std::to_string(time.count()) + " ms";
}

/// What may be a node's name in keys, labels and file names.
bool is_node_name(std::string_view name) {
  return !name.empty() && name.size() <= 64 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  });
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

bool is_number(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool are_hosts(std::string_view list) {
  const auto hosts = split(list, ',');
  return std::all_of(hosts.begin(), hosts.end(),
                     [](auto host) { return bool{net::parse_host_port(host)}; });
}

/// The part of `rest` up to `mark`, which is taken too.
std::string_view take_until(std::string_view& rest, char mark) {
  const auto at = rest.find(mark);
  const auto head = rest.substr(0, at);
  rest.remove_prefix(at == std::string_view::npos ? rest.size() : at + 1);
  return head;
}

/// Empty when it is a URI as libs/redis reads it; here a port must be named, so that nobody
/// guesses.
std::string redis_fault(std::string_view uri) {
  const auto scheme = uri.substr(0, uri.find("://"));
  auto rest = uri.substr(std::min(uri.size(), scheme.size() + 3));
  if (rest.find('@') != std::string_view::npos) {
    return "holds a password or a user; PBX_REDIS_PASSWORD is for that";
  }
  const auto hosts = take_until(rest, '/');
  if (scheme == "redis" || scheme == "rediss") {
    if (net::parse_host_port(hosts) && is_number(rest)) return {};
    return quoted(uri) + " is not redis://host:port/database";
  }
  if (scheme == "redis-sentinel" || scheme == "rediss-sentinel") {
    auto place = take_until(rest, '?');
    const auto master = take_until(place, '/');
    const bool good = are_hosts(hosts) && !master.empty() && is_number(place);
    return good ? std::string{}
                : quoted(uri) + " is not redis-sentinel://host:port,host:port/master";
  }
  if (scheme == "redis-cluster" || scheme == "rediss-cluster") {
    if (are_hosts(hosts) && rest.empty()) return {};
    return quoted(uri) + " is not redis-cluster://host:port,host:port";
  }
  return quoted(uri) + " begins with none of redis://, redis-sentinel://, redis-cluster://";
}

/// `Server`: GrpcServer or StreamServer.
template <class Server>
void check_server(Faults& faults, std::string_view path, const Server& server) {
  faults.listen_address(below(path, "listen"), server.listen());
  if (!server.has_tls()) return;
  const auto tls = below(path, "tls");
  if (server.tls().certificate_file().empty() && server.tls().key_file().empty()) {
    faults.add(tls, "needs certificate_file and key_file");
  }
  faults.check(tls, server.tls());
}

template <class Client>
void check_client(Faults& faults, std::string_view path, const Client& client) {
  const auto targets = below(path, "targets");
  if (client.targets().empty()) faults.add(targets, "is missing");
  for (const auto& target : client.targets()) faults.host_port(targets, target);
  if (client.has_tls()) faults.check(below(path, "tls"), client.tls());
}

}  // namespace

milliseconds from_proto(const google::protobuf::Duration& duration, milliseconds fallback) {
  const auto time =
      std::chrono::seconds{duration.seconds()} + std::chrono::nanoseconds{duration.nanos()};
  return time == time.zero() ? fallback : std::chrono::duration_cast<milliseconds>(time);
}

void Faults::add(std::string_view path, std::string_view what) {
  faults_.push_back(std::string{path} + ' ' + std::string{what});
}

void Faults::required(std::string_view path, std::string_view value) {
  if (value.empty()) add(path, "is missing");
}

void Faults::listen_address(std::string_view path, std::string_view value, bool optional) {
  if (value.empty()) {
    if (!optional) add(path, "is missing");
  } else if (!net::Address::parse(value)) {
    add(path, quoted(value) + " is not an IP address with a port, such as 0.0.0.0:5060");
  }
}

void Faults::host_port(std::string_view path, std::string_view value) {
  if (value.empty()) {
    add(path, "is missing");
  } else if (!net::parse_host_port(value)) {
    add(path, quoted(value) + " is not a host with a port, such as redis:6379");
  }
}

void Faults::in_range(std::string_view path, std::uint64_t value, std::uint64_t low,
                      std::uint64_t high) {
  if (value >= low && value <= high) return;
  add(path, "is " + std::to_string(value) + "; it must be from " + std::to_string(low) + " to " +
                std::to_string(high));
}

void Faults::duration_in_range(std::string_view path, const google::protobuf::Duration& value,
                               milliseconds low, milliseconds high) {
  const auto time = from_proto(value, milliseconds{0});
  const bool absent = value.seconds() == 0 && value.nanos() == 0;
  if (absent || (time >= low && time <= high)) return;
  add(path,
      "is " + in_words(time) + "; it must be from " + in_words(low) + " to " + in_words(high));
}

void Faults::readable_file(std::string_view path, std::string_view file) {
  const std::string name{file};
  struct stat facts {};
  if (::access(name.c_str(), R_OK) != 0 || ::stat(name.c_str(), &facts) != 0) {
    add(path, "cannot read " + name + ": " + why());
  } else if (!S_ISREG(facts.st_mode)) {
    add(path, name + " is not a file");
  }
}

void Faults::writable_folder(std::string_view path, std::string_view folder) {
  const std::string name{folder};
  struct stat facts {};
  if (::stat(name.c_str(), &facts) != 0 || ::access(name.c_str(), W_OK | X_OK) != 0) {
    add(path, "cannot write to the folder " + name + ": " + why());
  } else if (!S_ISDIR(facts.st_mode)) {
    add(path, name + " is not a folder");
  }
}

void Faults::check(std::string_view path, const config::v1::Process& process) {
  if (!process.node().empty() && !is_node_name(process.node())) {
    add(below(path, "node"), quoted(process.node()) +
                                 " has other characters than letters, digits, '-', '.', '_', or "
                                 "more than 64");
  }
  listen_address(below(path, "admin_listen"), process.admin_listen(), true);
  duration_in_range(below(path, "drain_timeout"), process.drain_timeout(), milliseconds{1},
                    std::chrono::hours{1});
  if (process.wakeups() != 0) {
    in_range(below(path, "wakeups"), process.wakeups(), 100, 1'000'000);
  }
  if (!process.log_level().empty() && !log::parse_level(process.log_level())) {
    add(below(path, "log_level"),
        quoted(process.log_level()) + " is none of debug, info, warn, error");
  }
}

void Faults::check(std::string_view path, const config::v1::Redis& redis) {
  const auto name = below(path, "uri");
  if (redis.uri().empty()) {
    add(name, "is missing");
  } else if (const auto fault = redis_fault(redis.uri()); !fault.empty()) {
    add(name, fault);
  }
  duration_in_range(below(path, "command_timeout"), redis.command_timeout(), milliseconds{10},
                    std::chrono::minutes{1});
}

void Faults::check(std::string_view path, const config::v1::Kafka& kafka) {
  const auto name = below(path, "brokers");
  if (kafka.brokers().empty()) return add(name, "is missing");
  for (const auto broker : split(kafka.brokers(), ',')) host_port(name, broker);
  duration_in_range(below(path, "linger"), kafka.linger(), milliseconds{1},
                    std::chrono::seconds{1});
}

void Faults::check(std::string_view path, const config::v1::Postgres& postgres) {
  required(below(path, "host"), postgres.host());
  required(below(path, "database"), postgres.database());
  required(below(path, "user"), postgres.user());
  if (postgres.port() != 0) in_range(below(path, "port"), postgres.port(), 1, 65535);
  if (postgres.connections() != 0) {
    in_range(below(path, "connections"), postgres.connections(), 1, 1000);
  }
}

void Faults::check(std::string_view path, const config::v1::GrpcServer& server) {
  check_server(*this, path, server);
}

void Faults::check(std::string_view path, const config::v1::GrpcClient& client) {
  check_client(*this, path, client);
}

void Faults::check(std::string_view path, const config::v1::StreamServer& server) {
  check_server(*this, path, server);
}

void Faults::check(std::string_view path, const config::v1::StreamClient& client) {
  check_client(*this, path, client);
}

void Faults::check(std::string_view path, const config::v1::Tls& tls) {
  if (!tls.certificate_file().empty()) {
    readable_file(below(path, "certificate_file"), tls.certificate_file());
  }
  if (!tls.key_file().empty()) readable_file(below(path, "key_file"), tls.key_file());
  if (!tls.ca_file().empty()) readable_file(below(path, "ca_file"), tls.ca_file());
  if (tls.certificate_file().empty() != tls.key_file().empty()) {
    add(path, "needs certificate_file and key_file together");
  }
}

}  // namespace pbx::runtime
