#include "registrar/adapters/kafka_binding_events.hpp"

#include <string>

#include "model/topics.hpp"
#include "telemetry/rate_limited.hpp"

namespace pbx::registrar {

void KafkaBindingEvents::publish(const events::v1::RegistrationState& state) {
  const auto key = std::to_string(state.tenant_id()) + "/" + state.aor();
  send(key, state.SerializeAsString());
  if (state.bindings().empty()) send(key, {});
}

void KafkaBindingEvents::send(std::string_view key, std::string_view payload) {
  metrics_.events.Increment();
  publisher_.publish(topics::kRegistrations, key, payload, [this](Result<> delivered) {
    if (delivered) return;
    static log::RateLimited lost{log::Level::Error, "binding event lost"};
    lost({{"error", delivered.error()}});
    metrics_.events_refused.Increment();
  });
}

}  // namespace pbx::registrar
