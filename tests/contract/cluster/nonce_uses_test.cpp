#include "cluster/nonce_uses.hpp"

#include "cluster/locations.hpp"
#include "fixture.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using namespace pbx::cluster;
using namespace std::chrono_literals;

namespace {

constexpr TenantId kTenant{9};
constexpr const char* kAor = "1001@hq.test";

struct Fixture : test::OnRedis<Locations> {
  Result<bool> use(const std::string& count, const std::string& by, TenantId tenant = kTenant) {
    return get<bool>([&](auto done) { uses.use(tenant, kAor, {count, by, 60s}, std::move(done)); });
  }
  bool fresh(const std::string& count, const std::string& by, TenantId tenant = kTenant) {
    const auto answer = use(count, by, tenant);
    REQUIRE(answer);
    return *answer;
  }

  NonceUses uses{connection};
};

}  // namespace

TEST_CASE_METHOD(Fixture, "A nonce count is used by one request, and by it again", "[cluster]") {
  CHECK(fresh("nonce:1", "phone"));
  CHECK(fresh("nonce:1", "phone"));
  CHECK_FALSE(fresh("nonce:1", "thief"));
  CHECK(fresh("nonce:2", "thief"));
  CHECK(fresh("nonce:1", "other", TenantId{8}));
}

TEST_CASE_METHOD(Fixture, "A call's and a registration's counts are the same ones", "[cluster]") {
  CHECK(fresh("nonce:1", "phone"));
  Update update;
  update.tenant = kTenant;
  update.aor = kAor;
  update.now = clock.now();
  update.nonce = {"nonce:1", "thief", 60s};
  const auto apply = [&] {
    return get<Outcome>([&](auto done) { store.apply(update, std::move(done)); })->verdict;
  };
  CHECK(apply() == Verdict::Replayed);
  update.nonce.count = "nonce:2";
  CHECK(apply() == Verdict::Stored);
  CHECK_FALSE(fresh("nonce:2", "phone"));
}

TEST_CASE_METHOD(Fixture, "A use is forgotten with its nonce", "[cluster]") {
  REQUIRE(use("nonce:1", "phone"));
  const auto key = redis_keys::nonce_use(kTenant, kAor, "nonce:1");
  const auto left = ask(redis::Command{"PTTL", key})->integer();
  CHECK(left > 50'000);
  CHECK(left <= 60'000);
}
