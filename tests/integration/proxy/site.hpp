#pragma once

#include <prometheus/registry.h>

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kafka/follower.hpp"
#include "kafka/producer.hpp"
#include "pbx/events/v1/call.pb.h"
#include "pbx/events/v1/directory.pb.h"
#include "support/child_process.hpp"
#include "support/mock_kafka.hpp"
#include "support/temp_dir.hpp"
#include "support/temp_redis.hpp"

namespace pbx::test {

/// A service's process with a configuration of its own, and its admin server.
class Service {
 public:
  /// `settings`: JSON members beside `process`.
  Service(const std::string& name, const std::string& node, const std::string& settings);

  std::string get(const std::string& path) const;
  bool ready() const { return get("/readyz").starts_with("HTTP/1.1 200"); }
  /// 0 when there is no such series.
  double metric(const std::string& series) const;
  std::string log() const;
  ChildProcess& process() { return *process_; }

 private:
  TempDir folder_;
  std::uint16_t admin_ = 0;
  std::optional<ChildProcess> process_;
};

/// A cluster of two proxies and a registrar with real Redis and librdkafka's mock broker; tenants
/// hq.test and lab.test with users 1001 to 1003 each.
class Site {
 public:
  static constexpr int kProxies = 2;

  Site();

  void start_proxy(int index);
  Service& proxy(int index) { return *proxies_[static_cast<std::size_t>(index)]; }
  /// Ends the process at once.
  void kill_proxy(int index) { proxy(index).process().kill(); }
  std::uint16_t sip_port(int index) const { return sip_ports_[static_cast<std::size_t>(index)]; }
  std::string grpc(int index) const { return grpc_[static_cast<std::size_t>(index)]; }

  /// Events of the topic `calls` so far, by call in order of sequence.
  std::vector<events::v1::CallEvent> events();
  /// Waits until `count` calls have ended and gives their ENDED events, the latest last.
  std::vector<events::v1::CallEvent> ended(std::size_t count);

  TempRedis redis;
  MockKafka kafka;

 private:
  void fill_directory();
  void put(const std::string& key, events::v1::ConfigRecord record);

  prometheus::Registry registry_;
  std::unique_ptr<kafka::Producer> producer_;
  std::mutex mutex_;
  std::vector<events::v1::CallEvent> events_;
  std::unique_ptr<kafka::Follower> follower_;
  std::vector<std::uint16_t> sip_ports_;
  std::vector<std::string> grpc_;
  std::string registrar_stream_;
  std::unique_ptr<Service> registrar_;
  std::vector<std::unique_ptr<Service>> proxies_;
  TempDir spools_;
  std::uint64_t revision_ = 0;
};

}  // namespace pbx::test
