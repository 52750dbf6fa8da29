#pragma once

#include <algorithm>
#include <span>

#include "calls/call.hpp"
#include "cluster/dialogs.hpp"
#include "contract/cluster/fixture.hpp"
#include "core/errc.hpp"

namespace pbx::test {

struct DialogFixture : OnRedis<cluster::Dialogs> {
  static constexpr std::chrono::milliseconds kLease{30'000};

  state::v1::DialogRecord record(const std::string& call_id, const std::string& sip_call_id = "a@b",
                                 const std::string& caller_tag = "from", std::uint64_t tenant = 7) {
    state::v1::DialogRecord made;
    made.set_call_id(call_id);
    made.set_sip_call_id(sip_call_id);
    made.set_tenant_id(tenant);
    made.set_owner("proxy-1");
    made.set_started_at_ms(now_ms());
    auto& caller = *made.add_legs();
    caller.set_tag(caller_tag);
    caller.set_aor("1001@hq.north.pbx.test");
    return made;
  }

  static calls::Answered answer(const std::string& tag) {
    calls::Answered event;
    event.callee.set_tag(tag);
    event.callee.set_contact("sip:1002@10.0.0.8");
    event.at_ms = 1'763'990'000'005;
    return event;
  }
  static calls::Event hang_up(const std::string& tag = "to") {
    return calls::HungUp{"from", tag, 1'763'990'000'900, false};
  }
  static calls::Event refusal() {
    calls::End end;
    end.outcome = events::v1::CALL_OUTCOME_CANCELLED;
    end.node = "proxy-1";
    return calls::NotAnswered{end};
  }

  using There = std::optional<calls::Call>;

  Result<> begin(const state::v1::DialogRecord& made) {
    const cluster::EncodedCall call{calls::new_call(made)};
    return get<void>([&](auto done) { store.begin(call, kLease, done); });
  }
  Result<There> write(const calls::Call& call, std::uint32_t expected) {
    const cluster::EncodedCall encoded{call};
    return get<There>([&](auto done) { store.write(encoded, expected, kLease, done); });
  }
  /// Tells the call as it stands in Redis what happened, and writes it.
  Result<calls::Call> tell(const state::v1::DialogRecord& made, const calls::Event& event) {
    auto call = load(made);
    if (!call) return call.error();
    const auto version = call->version;
    if (!calls::apply(*call, event).changed) return Errc::InvalidArgument;
    const auto there = write(*call, version);
    if (!there) return there.error();
    return *there ? Result<calls::Call>{Errc::Conflict} : call;
  }
  Result<> forget(const state::v1::DialogRecord& made) {
    const auto key = calls::key_of(made);
    store.forget(std::span{&key, 1});
    return bool{ask(redis::Command{"PING"})} ? Result<>{} : Errc::Unavailable;
  }
  /// Our ids of all calls under a Call-ID, in order.
  std::vector<std::string> under(const std::string& sip_call_id) {
    const auto calls =
        get<std::vector<calls::Call>>([&](auto done) { store.load_under(sip_call_id, done); });
    std::vector<std::string> ids;
    if (calls) {
      for (const auto& call : *calls) ids.push_back(call.record.call_id());
    }
    std::sort(ids.begin(), ids.end());
    return ids;
  }
  Result<calls::Call> load(const state::v1::DialogRecord& made) {
    return get<calls::Call>([&](auto done) { store.load(calls::key_of(made), done); });
  }
  cluster::CallPage page(std::uint64_t tenant, const std::optional<cluster::CallPosition>& after,
                         std::size_t limit) {
    auto found = get<cluster::CallPage>(
        [&](auto done) { store.list(TenantId{tenant}, after, limit, done); });
    REQUIRE(found);
    return std::move(*found);
  }
  std::vector<calls::Call> list(std::uint64_t tenant) {
    return page(tenant, std::nullopt, 100).dialogs;
  }
  std::size_t count(std::uint64_t tenant, std::uint64_t caller = 0) {
    return *get<std::size_t>(
        [&](auto done) { store.count(TenantId{tenant}, UserId{caller}, done); });
  }
  std::vector<cluster::Lapsed> unfinished() {
    auto found =
        get<std::vector<cluster::Lapsed>>([&](auto done) { store.unfinished(kLease, 1600, done); });
    REQUIRE(found);
    return std::move(*found);
  }
  /// Keys in Redis.
  std::int64_t keys() { return ask(redis::Command{"DBSIZE"})->integer(); }
};

}  // namespace pbx::test
