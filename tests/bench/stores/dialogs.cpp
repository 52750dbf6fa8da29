#include "cluster/dialogs.hpp"

#include "sample_invite.hpp"
#include "stores/bench.hpp"

namespace pbx::bench {
namespace {

constexpr std::chrono::seconds kLease{30};

state::v1::DialogRecord calling(std::size_t call, int round, std::int64_t now_ms) {
  const auto id = std::to_string(round) + "-" + std::to_string(call);
  state::v1::DialogRecord record;
  record.set_call_id("qL3vXo8mJ2pTz5Kd-" + id);
  record.set_sip_call_id("ZjQ4NmE3YjU3YzFhNDk5ZTg1-" + id + "@192.0.2.10");
  record.set_tenant_id(7);
  record.set_state(state::v1::DIALOG_STATE_CALLING);
  record.set_owner("proxy-1");
  record.set_started_at_ms(now_ms);
  auto& caller = *record.mutable_caller();
  caller.set_aor("1001@hq.north.pbx.test");
  caller.set_tag("8f2c7a11");
  caller.set_contact("sip:1001@192.0.2.10:5060;transport=udp");
  caller.set_flow("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY");
  caller.set_cseq(1);
  record.mutable_callee()->set_aor("1002@hq.north.pbx.test");
  record.set_dialled("1002");
  record.set_callee_aor("1002@hq.north.pbx.test");
  record.set_caller_user_id(1);
  record.set_callee_user_id(2);
  record.set_caller_name("Alice");
  record.set_route_reason("1002 is a user");
  record.set_invite_branch("z9hG4bK-524287-1---d8754z");
  auto& early = *record.mutable_early();
  early.set_invite(std::string{kInvite.substr(0, kInvite.find("\r\n\r\n") + 4)});
  early.set_source("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY");
  early.set_loop_hash(1);
  return record;
}

state::v1::DialogRecord ringing(state::v1::DialogRecord record) {
  record.set_ringing_at_ms(record.started_at_ms() + 20);
  auto& fork = *record.add_forks();
  fork.set_branch("z9hG4bK7x2k9qv4d1m0");
  fork.set_target("sip:1002@192.0.2.20:5060");
  fork.set_last_code(180);
  return record;
}

state::v1::DialogRecord answered(state::v1::DialogRecord record) {
  record.set_answered_at_ms(record.started_at_ms() + 2'000);
  auto& callee = *record.mutable_callee();
  callee.set_tag("a6c85cf");
  callee.set_contact("sip:1002@192.0.2.20:5060");
  callee.set_flow("GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB");
  record.clear_forks();
  record.clear_early();
  return record;
}

cluster::EndFacts facts(std::int64_t now_ms) {
  return {now_ms,    events::v1::CALL_OUTCOME_ANSWERED, 200,
          "hung up", events::v1::CALL_PARTY_CALLER,     "proxy-1"};
}

/// All calls of a round, taken through their steps one after the other.
class Rounds {
 public:
  Rounds(Stores& stores, cluster::Dialogs& dialogs) : stores_{stores}, dialogs_{dialogs} {}

  void run(std::size_t batch) {
    costs_ = {};
    for (int round = 0; round < Stores::kRounds; ++round) run_calls(batch, ++number_);
    for (const auto& [name, cost] : costs_) stores_.show(name, batch, cost);
  }

 private:
  using Step = std::function<void(const state::v1::DialogRecord&, std::function<void(bool)>)>;

  void run_calls(std::size_t batch, int number) {
    const auto now = stores_.clock.now().time_since_epoch().count();
    std::vector<state::v1::DialogRecord> records;
    for (std::size_t i = 0; i < Stores::kItems; ++i) records.push_back(calling(i, number, now));
    const auto step = [&](const char* name, const Step& run) {
      stores_.round(costs_[name], batch, [&](std::size_t call, std::function<void(bool)> done) {
        run(records[call], std::move(done));
      });
    };
    step("dialog begun", [&](const auto& record, auto done) {
      dialogs_.begin(record, kLease, [done](auto made) { done(bool{made}); });
    });
    for (auto& record : records) record = ringing(std::move(record));
    step("dialog ringing", [&](const auto& record, auto done) {
      dialogs_.ringing(record, [done](auto made) { done(bool{made}); });
    });
    for (auto& record : records) record = answered(std::move(record));
    step("dialog answered", [&](const auto& record, auto done) {
      dialogs_.answered(record, [done](auto made) { done(bool{made}); });
    });
    step("dialog looked up", [&](const auto& record, auto done) {
      dialogs_.find(record.sip_call_id(), record.caller().tag(), record.callee().tag(),
                    [done](auto found) { done(bool{found}); });
    });
    step("dialog ended", [&](const auto& record, auto done) {
      dialogs_.end(cluster::key_of(record), TenantId{record.tenant_id()}, facts(now), kLease,
                   [done](auto ended) { done(bool{ended}); });
    });
    step("dialog forgotten", [&](const auto& record, auto done) {
      dialogs_.forget(cluster::key_of(record), [done](auto gone) { done(bool{gone}); });
    });
  }

  Stores& stores_;
  cluster::Dialogs& dialogs_;
  ByName<Stores::Cost> costs_;
  int number_ = 0;
};

}  // namespace

void measure_dialogs(Stopwatch& watch) {
  Stores stores{watch};
  cluster::Dialogs dialogs{stores.connection, stores.clock};
  stores.connect(dialogs);
  Rounds rounds{stores, dialogs};
  for (const auto batch : Stores::kBatches) rounds.run(batch);
}

}  // namespace pbx::bench
