#pragma once

#include "cluster/dialogs.hpp"
#include "contract/cluster/fixture.hpp"

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
    made.mutable_caller()->set_tag(caller_tag);
    made.mutable_caller()->set_aor("1001@hq.north.pbx.test");
    return made;
  }

  static state::v1::DialogRecord answer(state::v1::DialogRecord made, const std::string& tag) {
    made.mutable_callee()->set_tag(tag);
    made.mutable_callee()->set_contact("sip:1002@10.0.0.8");
    made.set_answered_at_ms(made.started_at_ms() + 5);
    return made;
  }

  static cluster::EndFacts facts(const std::string& node = "proxy-1") {
    return {1'763'990'000'000,    events::v1::CALL_OUTCOME_ANSWERED, 200,
            "the caller hung up", events::v1::CALL_PARTY_CALLER,     node};
  }

  Result<cluster::Step> begin(const state::v1::DialogRecord& made) {
    return get<cluster::Step>([&](auto done) { store.begin(made, kLease, done); });
  }
  Result<cluster::Step> ringing(const state::v1::DialogRecord& made) {
    return get<cluster::Step>([&](auto done) { store.ringing(made, done); });
  }
  Result<cluster::Step> answered(const state::v1::DialogRecord& made) {
    return get<cluster::Step>([&](auto done) { store.answered(made, done); });
  }
  Result<cluster::Step> replace(const state::v1::DialogRecord& made, std::uint32_t version) {
    return get<cluster::Step>([&](auto done) { store.replace(made, version, done); });
  }
  Result<cluster::Dialog> end(const state::v1::DialogRecord& made,
                              const std::string& node = "proxy-1") {
    auto how = facts(node);
    const auto now = load(made);
    const bool answered = now && now->record.state() == state::v1::DIALOG_STATE_ANSWERED;
    if (!answered) how.outcome = events::v1::CALL_OUTCOME_CANCELLED;
    return get<cluster::Dialog>([&](auto done) {
      store.end(cluster::key_of(made), TenantId{made.tenant_id()}, how, kLease, done);
    });
  }
  Result<> forget(const state::v1::DialogRecord& made) {
    return get<void>([&](auto done) { store.forget(cluster::key_of(made), done); });
  }
  Result<cluster::Dialog> find(const std::string& sip_call_id, const std::string& a,
                               const std::string& b) {
    return get<cluster::Dialog>([&](auto done) { store.find(sip_call_id, a, b, done); });
  }
  Result<cluster::Dialog> load(const state::v1::DialogRecord& made) {
    return get<cluster::Dialog>([&](auto done) { store.load(cluster::key_of(made), done); });
  }
  cluster::CallPage page(std::uint64_t tenant, const std::optional<cluster::CallPosition>& after,
                         std::size_t limit) {
    auto found = get<cluster::CallPage>(
        [&](auto done) { store.list(TenantId{tenant}, after, limit, done); });
    REQUIRE(found);
    return std::move(*found);
  }
  std::vector<cluster::Dialog> list(std::uint64_t tenant) {
    return page(tenant, std::nullopt, 100).dialogs;
  }
  std::size_t count(std::uint64_t tenant) {
    return *get<std::size_t>([&](auto done) { store.count(TenantId{tenant}, done); });
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
