#include "proxy/settings.hpp"

#include <algorithm>
#include <charconv>
#include <exception>
#include <functional>
#include <thread>

#include "core/random.hpp"
#include "pbx/config/v1/proxy.pb.h"
#include "proxy/domain/tcp_shares.hpp"
#include "runtime/errors.hpp"
#include "runtime/validate.hpp"

namespace pbx::proxy {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr unsigned kMaxWorkers = 256;
constexpr std::uint32_t kDefaultTransactions = 50'000;

std::string at(const char* setting, int index, const char* field) {
  return std::string{setting} + "[" + std::to_string(index) + "]." + field;
}

Listener listener_of(const config::v1::SipListener& config) {
  Listener listener;
  listener.transport = sip::transport_from(config.transport());
  listener.bind = Endpoint::parse(config.listen()).value_or(Endpoint{});
  const auto& advertised = config.advertise().empty() ? config.listen() : config.advertise();
  if (const auto parts = sip::parse_host_port(advertised)) {
    listener.host = parts->host;
    listener.port = parts->port;
  }
  listener.floating = config.floating();
  listener.node = Endpoint::parse(config.node()).value_or(Endpoint{});
  return listener;
}

void check_listeners(runtime::Faults& faults, const config::v1::Proxy& config) {
  if (config.listeners().empty()) faults.add("listeners", "there must be at least one");
  for (int i = 0; i < config.listeners_size(); ++i) {
    const auto& listener = config.listeners(i);
    if (listener.transport() != "udp" && listener.transport() != "tcp") {
      faults.add(at("listeners", i, "transport"), "must be udp or tcp");
    }
    if (!Endpoint::parse(listener.listen())) {
      faults.add(at("listeners", i, "listen"),
                 "must be an IP address and a port above 0, such as 192.0.2.1:5060");
    }
    if (!listener.node().empty() && !Endpoint::parse(listener.node())) {
      faults.add(at("listeners", i, "node"), "must be an IP address and a port above 0");
    }
    const bool unspecified =
        listener.listen().starts_with("0.0.0.0:") || listener.listen().starts_with("[::]:");
    if (listener.advertise().empty()) {
      if (unspecified) {
        faults.add(at("listeners", i, "advertise"),
                   "must be set when listen is the unspecified address");
      }
    } else {
      const auto parts = sip::parse_host_port(listener.advertise());
      if (!parts || parts->port == 0) {
        faults.add(at("listeners", i, "advertise"), "must be host:port");
      } else if (unspecified && listener.node().empty() &&
                 !Endpoint::from(parts->host, parts->port)) {
        faults.add(at("listeners", i, "node"),
                   "must be set when listen is the unspecified address and advertise a name");
      }
    }
  }
}

TcpShares shares_of(const config::v1::Proxy& config, std::size_t descriptors) {
  const auto& listeners = config.listeners();
  const auto tcp = std::count_if(listeners.begin(), listeners.end(), [](const auto& listener) {
    return listener.transport() == "tcp";
  });
  if (tcp == 0) return {};
  TcpDemand demand{.descriptors = descriptors,
                   .workers = workers_of(config),
                   .listeners = static_cast<std::size_t>(listeners.size()),
                   .tcp_listeners = static_cast<std::size_t>(tcp)};
  if (config.max_tcp_connections() != 0) demand.connections = config.max_tcp_connections();
  if (config.max_tcp_per_source() != 0) demand.a_source = config.max_tcp_per_source();
  const auto shares = tcp_shares(demand);
  if (!shares) {
    throw runtime::StartError{"only " + std::to_string(descriptors) +
                              " file descriptors are allowed (ulimit -n), " +
                              std::to_string(least_descriptors(demand)) + " are needed"};
  }
  return *shares;
}

}  // namespace

std::vector<std::string> validate(const config::v1::Proxy& config) {
  runtime::Faults faults;
  faults.check("grpc", config.grpc());
  faults.check("redis", config.redis());
  faults.check("kafka", config.kafka());
  faults.check("registrar", config.registrar());
  faults.in_range("workers", config.workers(), 0, kMaxWorkers);
  check_listeners(faults, config);
  faults.duration_in_range("timerC", config.timer_c(), seconds{10}, minutes{60});
  faults.duration_in_range("nonceLifetime", config.nonce_lifetime(), seconds{5}, minutes{24 * 60});
  faults.required("spoolDir", config.spool_dir());
  if (config.max_transactions() != 0) {
    faults.in_range("maxTransactions", config.max_transactions(), 100, 10'000'000);
  }
  faults.duration_in_range("tcpIdleTimeout", config.tcp_idle_timeout(), seconds{10},
                           minutes{24 * 60});
  faults.duration_in_range("tcpFirstRequest", config.tcp_first_request(), seconds{1}, minutes{60});
  if (config.max_transaction_bytes() != 0) {
    faults.in_range("maxTransactionBytes", config.max_transaction_bytes(), 1024 * 1024,
                    std::uint64_t{1} << 40);
  }
  if (config.max_stream_bytes() != 0) {
    faults.in_range("maxStreamBytes", config.max_stream_bytes(), 256 * 1024,
                    std::uint64_t{1} << 40);
  }
  faults.duration_in_range("udpGather", config.udp_gather(), milliseconds{0}, milliseconds{20});
  faults.duration_in_range("dialogLease", config.dialog_lease(), seconds{3}, minutes{60});
  faults.duration_in_range("callCheck", config.call_check(), seconds{5}, minutes{24 * 60});
  faults.duration_in_range("sessionCheck", config.session_check(), seconds{2}, minutes{60});
  faults.duration_in_range("sessionUnclear", config.session_unclear(), seconds{10},
                           minutes{7 * 24 * 60});
  faults.duration_in_range("maxRinging", config.max_ringing(), seconds{2}, minutes{24 * 60});
  faults.duration_in_range("maxCallDuration", config.max_call_duration(), seconds{10},
                           minutes{30 * 24 * 60});
  if (faults.all().empty()) {
    try {
      static_cast<void>(addresses_of(config));
    } catch (const std::exception& error) {
      faults.add("listeners", error.what());
    }
  }
  return faults.take();
}

Settings settings_of(const config::v1::Proxy& config, const std::string& node,
                     std::size_t descriptors) {
  Settings settings;
  settings.node = node;
  settings.boot = static_cast<std::uint32_t>(random_u64());
  settings.workers = static_cast<std::uint16_t>(workers_of(config));
  settings.timer_c = runtime::from_proto(config.timer_c(), settings.timer_c);
  settings.nonce_lifetime = runtime::from_proto(config.nonce_lifetime(), settings.nonce_lifetime);
  settings.dialog_lease = runtime::from_proto(config.dialog_lease(), settings.dialog_lease);
  settings.call_check = runtime::from_proto(config.call_check(), settings.call_check);
  settings.session_check = runtime::from_proto(config.session_check(), settings.session_check);
  settings.session_unclear =
      runtime::from_proto(config.session_unclear(), settings.session_unclear);
  settings.max_ringing = runtime::from_proto(config.max_ringing(), settings.max_ringing);
  settings.max_call = runtime::from_proto(config.max_call_duration(), settings.max_call);
  settings.max_transactions =
      config.max_transactions() == 0 ? kDefaultTransactions : config.max_transactions();
  settings.tcp_idle = runtime::from_proto(config.tcp_idle_timeout(), settings.tcp_idle);
  settings.tcp_first_request =
      runtime::from_proto(config.tcp_first_request(), settings.tcp_first_request);
  const auto tcp = shares_of(config, descriptors);
  settings.max_tcp = tcp.connections;
  settings.max_tcp_per_source = tcp.a_source;
  if (config.max_stream_bytes() != 0) settings.max_stream_bytes = config.max_stream_bytes();
  if (config.max_transaction_bytes() != 0) {
    settings.max_transaction_bytes = config.max_transaction_bytes();
  }
  if (config.has_udp_gather()) {  // 0 is a value: read at once
    settings.udp_gather = runtime::from_proto(config.udp_gather(), milliseconds{0});
  }
  settings.assert_identity = config.assert_identity();
  settings.max_user_calls = config.max_user_calls();
  return settings;
}

Addresses addresses_of(const config::v1::Proxy& config) {
  std::vector<Listener> listeners;
  for (const auto& listener : config.listeners()) listeners.push_back(listener_of(listener));
  return Addresses{std::move(listeners)};
}

redis::Options redis_options_of(const config::v1::Proxy& config, Secret password) {
  auto options = redis::parse_uri(config.redis().uri(), std::move(password));
  if (!options) throw runtime::StartError{"redis.uri: " + options.error().message()};
  options->timeout = runtime::from_proto(config.redis().command_timeout(), options->timeout);
  return *std::move(options);
}

kafka::ClientOptions kafka_options_of(const config::v1::Proxy& config) {
  kafka::ClientOptions options;
  options.topic_prefix = config.kafka().topic_prefix();
  return options;
}

kafka::ProducerOptions producer_options_of(const config::v1::Proxy& config) {
  kafka::ProducerOptions options;
  options.topic_prefix = config.kafka().topic_prefix();
  options.linger = runtime::from_proto(config.kafka().linger(), kafka::kEventLinger);
  return options;
}

unsigned workers_of(const config::v1::Proxy& config) {
  if (config.workers() != 0) return config.workers();
  return std::clamp(std::thread::hardware_concurrency(), 1u, kMaxWorkers);
}

std::size_t stream_number(std::string_view node, unsigned worker, unsigned workers) {
  constexpr std::size_t kDigits = 9;
  const auto after = node.find_last_not_of("0123456789");
  const auto number = node.substr(after == std::string_view::npos ? 0 : after + 1);
  std::size_t place = std::hash<std::string_view>{}(node) >> 16;
  if (!number.empty() && number.size() <= kDigits) {
    std::from_chars(number.data(), number.data() + number.size(), place);
  }
  return place * workers + worker;
}

}  // namespace pbx::proxy
