#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "core/clock.hpp"
#include "kafka/follower.hpp"
#include "registrar/domain/restore_ports.hpp"

namespace pbx::registrar {

/// The topic `registrations`. All that has not expired is in memory between start() and take():
/// some 500 bytes an AoR.
class KafkaBindingLog final : public BindingLog {
 public:
  KafkaBindingLog(std::string brokers, kafka::ClientOptions options, prometheus::Registry& registry,
                  const Clock& clock);
  ~KafkaBindingLog() override;

  void start() override;
  bool complete() const override;
  BindingFold take() override;
  void stop() override;

 private:
  const std::string brokers_;
  const kafka::ClientOptions options_;
  prometheus::Registry& registry_;
  const Clock& clock_;
  std::mutex mutex_;
  BindingFold fold_;
  std::unique_ptr<kafka::Follower> follower_;
  std::thread closing_;  ///< A follower's end waits for its thread: not on the worker's.
};

}  // namespace pbx::registrar
