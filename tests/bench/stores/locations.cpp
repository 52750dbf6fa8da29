#include "cluster/locations.hpp"

#include "stores/bench.hpp"

namespace pbx::bench {
namespace {

constexpr TenantId kTenant{7};

std::string aor(std::size_t phone) { return std::to_string(1'000 + phone) + "@hq.north.pbx.test"; }

/// A refresh of the one binding that a desk phone has.
cluster::Update refresh(std::size_t phone, std::uint32_t cseq, Clock::Wall now) {
  state::v1::Binding binding;
  binding.set_contact("sip:" + std::to_string(1'000 + phone) + "@192.0.2.10:5060");
  binding.set_id(binding.contact());
  binding.add_path("sip:AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY@192.0.2.1:5060;lr");
  binding.set_q_milli(1'000);
  binding.set_registered_at_ms(1'763'990'000'000);
  binding.set_expires_at_ms((now + std::chrono::seconds{3'600}).time_since_epoch().count());
  binding.set_user_agent("Example phone 1.2");
  binding.set_source("192.0.2.10:5060;udp");
  binding.set_user_id(phone + 1);
  binding.set_duration_s(3'600);
  cluster::Update update;
  update.tenant = kTenant;
  update.aor = aor(phone);
  update.changes.push_back({std::move(binding)});
  update.call_id = "ZjQ4NmE3YjU3YzFhNDk5ZTg1@192.0.2.10";
  update.cseq = cseq;
  update.now = now;
  return update;
}

}  // namespace

void measure_locations(Stopwatch& watch) {
  Stores stores{watch};
  cluster::Locations locations{stores.connection, stores.clock};
  stores.connect(locations);
  std::uint32_t cseq = 0;
  stores.measure("register refresh", [&](std::size_t phone, std::function<void(bool)> done) {
    locations.apply(refresh(phone, ++cseq, stores.clock.now()),
                    [done = std::move(done)](Result<cluster::Outcome> outcome) {
                      done(outcome && outcome->verdict == cluster::Verdict::Stored);
                    });
  });
  stores.measure("location lookup", [&](std::size_t phone, std::function<void(bool)> done) {
    locations.load(kTenant, aor(phone), [done = std::move(done)](auto bindings) {
      done(bindings && bindings->size() == 1);
    });
  });
}

}  // namespace pbx::bench
