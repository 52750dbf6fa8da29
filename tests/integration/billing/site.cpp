#include "integration/billing/site.hpp"

#include <catch2/catch.hpp>

#include "unit/services/billing/events.hpp"

namespace pbx::test {
namespace {

using namespace std::chrono_literals;

kafka::ConsumerOptions consumer_options() {
  kafka::ConsumerOptions options;
  options.group = "billing";
  options.session_timeout = 6s;
  // The mock broker answers a fetch only after its whole wait, where Kafka does at once.
  options.properties["fetch.wait.max.ms"] = "5";
  options.properties["heartbeat.interval.ms"] = "200";
  return options;
}

}  // namespace

Site::Site() : producer_{kafka.brokers(), registry} { kafka.make_topic("calls", kPartitions); }

void Site::tell(const std::string& key, const std::string& payload) {
  producer_.produce("calls", key, payload);
}

void Site::tell_call(const std::string& call_id) {
  const auto last = ended(call_id);
  using enum events::v1::CallEventKind;
  std::uint32_t sequence = 0;
  for (const auto kind :
       {CALL_EVENT_KIND_STARTED, CALL_EVENT_KIND_RINGING, CALL_EVENT_KIND_ANSWERED}) {
    auto event = last;
    event.set_kind(kind);
    event.set_sequence(++sequence);
    event.set_ended_at_ms(0);
    tell(event);
  }
  tell(last);
}

void Site::flush() { REQUIRE(producer_.flush(20s)); }

postgres::Options Site::options() const {
  postgres::Options options;
  options.host = TempPostgres::kHost;
  options.port = books.server().port();
  options.database = books.name();
  options.user = TempBooks::kBilling;
  options.password = Secret{TempBooks::kPassword};
  return options;
}

Reading::Reading(Site& site, const std::string& owner)
    : metrics{registry}, pool{site.options(), registry}, store{pool}, reader{site.kafka.brokers(),
                                                                             consumer_options(),
                                                                             owner,
                                                                             store,
                                                                             metrics,
                                                                             registry} {}

}  // namespace pbx::test
