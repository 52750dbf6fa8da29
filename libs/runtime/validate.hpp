#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace google::protobuf {
class Duration;
}
namespace pbx::config::v1 {
class GrpcClient;
class GrpcServer;
class Kafka;
class Postgres;
class Process;
class Redis;
class StreamClient;
class StreamServer;
class Tls;
}  // namespace pbx::config::v1

namespace pbx::runtime {

/// The duration, or `fallback` when the setting is absent (which protobuf shows as zero).
std::chrono::milliseconds from_proto(const google::protobuf::Duration& duration,
                                     std::chrono::milliseconds fallback);

/// Gathers what is wrong with a configuration. Each check names the setting by its path
/// ("grpc.listen") and adds at most one sentence.
class Faults {
 public:
  void add(std::string sentence) { faults_.push_back(std::move(sentence)); }
  void add(std::string_view path, std::string_view what);

  void required(std::string_view path, std::string_view value);
  /// `192.0.2.1:5060`, `[::]:5060`, port 0 allowed; empty only when `optional`.
  void listen_address(std::string_view path, std::string_view value, bool optional = false);
  /// Name or address, and a port above 0.
  void host_port(std::string_view path, std::string_view value);
  void in_range(std::string_view path, std::uint64_t value, std::uint64_t low, std::uint64_t high);
  /// Zero (absent) is always right.
  void duration_in_range(std::string_view path, const google::protobuf::Duration& value,
                         std::chrono::milliseconds low, std::chrono::milliseconds high);
  /// A file that this process can read.
  void readable_file(std::string_view path, std::string_view file);
  /// A folder that exists and that this process can write to.
  void writable_folder(std::string_view path, std::string_view folder);

  void check(std::string_view path, const config::v1::Process& process);
  void check(std::string_view path, const config::v1::Redis& redis);
  void check(std::string_view path, const config::v1::Kafka& kafka);
  void check(std::string_view path, const config::v1::Postgres& postgres);
  void check(std::string_view path, const config::v1::GrpcServer& server);
  void check(std::string_view path, const config::v1::GrpcClient& client);
  void check(std::string_view path, const config::v1::StreamServer& server);
  void check(std::string_view path, const config::v1::StreamClient& client);
  void check(std::string_view path, const config::v1::Tls& tls);

  const std::vector<std::string>& all() const { return faults_; }
  std::vector<std::string> take() { return std::move(faults_); }

 private:
  std::vector<std::string> faults_;
};

}  // namespace pbx::runtime
