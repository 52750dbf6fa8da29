#include <utility>
#include <vector>

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
  auto& caller = *record.add_legs();
  caller.set_aor("1001@hq.north.pbx.test");
  caller.set_tag("8f2c7a11");
  caller.set_contact("sip:1001@192.0.2.10:5060;transport=udp");
  caller.set_flow("AQIDBAUGBwgJCgsMDQ4PEBESExQVFhcY");
  caller.set_cseq(1);
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

calls::Event ringing(std::int64_t now_ms) {
  state::v1::Fork fork;
  fork.set_branch("z9hG4bK7x2k9qv4d1m0");
  fork.set_target("sip:1002@192.0.2.20:5060");
  fork.set_last_code(180);
  return calls::Rang{"a6c85cf", "GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB", now_ms + 20, {fork}};
}

calls::Event answered(std::int64_t now_ms) {
  calls::Answered event;
  event.callee.set_tag("a6c85cf");
  event.callee.set_contact("sip:1002@192.0.2.20:5060");
  event.callee.set_flow("GBcWFRQTEhEQDw4NDAsKCQgHBgUEAwIB");
  event.at_ms = now_ms + 2'000;
  return event;
}

calls::Event hung_up(std::int64_t now_ms) {
  return calls::HungUp{"8f2c7a11", "a6c85cf", now_ms + 9'000, false};
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
  using Step = std::function<void(const calls::Call&, std::function<void(bool)>)>;

  void run_calls(std::size_t batch, int number) {
    const auto now = stores_.clock.now().time_since_epoch().count();
    std::vector<calls::Call> all;
    for (std::size_t i = 0; i < Stores::kItems; ++i) {
      all.push_back(calls::new_call(calling(i, number, now)));
    }
    const auto step = [&](const char* name, const Step& run) {
      stores_.round(costs_[name], batch, [&](std::size_t call, std::function<void(bool)> done) {
        run(all[call], std::move(done));
      });
    };
    const auto write = [&](const char* name, const calls::Event& event) {
      for (auto& call : all) calls::apply(call, event);
      step(name, [&](const auto& call, auto done) {
        dialogs_.write(cluster::EncodedCall{call}, call.version - 1, kLease,
                       [done](auto there) { done(there && !*there); });
      });
    };
    step("dialog begun", [&](const auto& call, auto done) {
      dialogs_.begin(cluster::EncodedCall{call}, kLease, [done](auto made) { done(bool{made}); });
    });
    write("dialog ringing", ringing(now));
    write("dialog answered", answered(now));
    step("dialog looked up", [&](const auto& call, auto done) {
      dialogs_.load(calls::key_of(call.record), [done](auto found) { done(bool{found}); });
    });
    write("dialog ended", hung_up(now));
    std::vector<calls::Key> keys;
    for (const auto& call : all) keys.push_back(calls::key_of(call.record));
    // Together, as a node does what Kafka confirms together; a PING each tells that it is done.
    step("dialog forgotten", [&](const auto&, auto done) {
      if (const auto left = std::exchange(keys, {}); !left.empty()) dialogs_.forget(left);
      stores_.connection.send(redis::Command{"PING"}, [done](auto pong) { done(bool{pong}); });
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
