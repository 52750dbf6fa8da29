#pragma once

#include "cluster/event_publisher.hpp"
#include "registrar/domain/binding_events.hpp"
#include "registrar/metrics.hpp"

namespace pbx::registrar {

/// Topic `registrations`, key `<tenant>/<aor>`. When the last binding is gone a tombstone follows
/// the event that says why, so that compaction leaves nothing.
class KafkaBindingEvents final : public BindingEvents {
 public:
  KafkaBindingEvents(cluster::EventPublisher& publisher, Metrics& metrics)
      : publisher_{publisher}, metrics_{metrics} {}

  void publish(const events::v1::RegistrationState& state) override;

 private:
  void send(std::string_view key, std::string_view payload);

  cluster::EventPublisher& publisher_;
  Metrics& metrics_;
};

}  // namespace pbx::registrar
