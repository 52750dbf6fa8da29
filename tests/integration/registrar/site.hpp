#pragma once

#include <prometheus/registry.h>

#include <boost/asio/io_context.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "kafka/follower.hpp"
#include "kafka/producer.hpp"
#include "pbx/events/v1/directory.pb.h"
#include "pbx/events/v1/registration.pb.h"
#include "pbx/registrar/v1/registrar.pb.h"
#include "rpc/batch_stream.hpp"
#include "support/child_process.hpp"
#include "support/mock_kafka.hpp"
#include "support/temp_dir.hpp"
#include "support/temp_redis.hpp"

namespace pbx::test {

inline constexpr const char* kDomain = "hq.north.pbx.test";

/// One pbx-registrar process.
class RegistrarProcess {
 public:
  RegistrarProcess(const std::string& node, const std::string& redis, const std::string& kafka);

  const std::string& grpc() const { return grpc_; }
  const std::string& stream() const { return stream_; }
  /// What GET answers, status line included.
  std::string get(const std::string& path) const;
  bool ready() const { return get("/readyz").starts_with("HTTP/1.1 200"); }
  double metric(const std::string& series) const;
  std::string log() const;
  ChildProcess& process() { return *process_; }

 private:
  TempDir folder_;
  std::string grpc_;
  std::string stream_;
  std::uint16_t admin_ = 0;
  std::optional<ChildProcess> process_;
};

/// Kafka with a tenant's records, Redis, registrars, and a proxy's stream to them.
class Site {
 public:
  using Reply = registrar::v1::RegisterReply;

  explicit Site(unsigned registrars = 1);

  /// One user of the tenant with this password; empty: removes it.
  void set_user(std::uint64_t extension, const std::string& password, bool suspended = false);

  struct Register {
    std::uint64_t user = 1001;
    std::string password = "secret";
    std::vector<std::string> contacts{"<sip:1001@192.0.2.7:5060>"};
    std::vector<std::string> headers{};
    std::string call_id = "call-1";
    std::uint32_t cseq = 1;
    std::string nonce{};
  };
  Reply send(const Register& request);
  /// Without waiting: the answer is among `answers` later.
  void submit(const Register& request);
  std::vector<std::string> contacts(std::uint64_t user = 1001);
  /// Events of topic `registrations` so far; a tombstone is an event without AoR.
  std::vector<events::v1::RegistrationState> events();
  void wait_for(const std::function<bool()>& condition);

  TempRedis redis;
  MockKafka kafka;
  boost::asio::io_context loop;
  std::vector<std::unique_ptr<RegistrarProcess>> registrars;
  std::vector<Result<Reply>> answers;

 private:
  prometheus::Registry registry_;
  kafka::Producer producer_;
  std::mutex mutex_;
  std::vector<events::v1::RegistrationState> events_;
  std::unique_ptr<kafka::Follower> follower_;
  std::unique_ptr<rpc::BatchStream<registrar::v1::RegisterRequest, Reply>> stream_;
  std::uint64_t revision_ = 0;
};

}  // namespace pbx::test
