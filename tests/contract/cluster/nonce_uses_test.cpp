#include "cluster/nonce_uses.hpp"

#include "cluster/locations.hpp"
#include "fixture.hpp"
#include "model/redis_keys.hpp"

using namespace pbx;
using namespace pbx::cluster;
using namespace std::chrono_literals;

namespace {

using sip::NonceUsed;

constexpr TenantId kTenant{9};
constexpr const char* kAor = "1001@hq.test";

struct Fixture : test::OnRedis<Locations> {
  Result<NonceUsed> use(const std::string& count, const std::string& by,
                        TenantId tenant = kTenant) {
    return get<NonceUsed>([&](auto done) {
      uses.use(tenant, kAor, {count, by, 60s}, std::move(done));
    });
  }
  NonceUsed used(const std::string& count, const std::string& by, TenantId tenant = kTenant) {
    const auto answer = use(count, by, tenant);
    REQUIRE(answer);
    return *answer;
  }

  NonceUses uses{connection};
};

}  // namespace

TEST_CASE_METHOD(Fixture,
                 "A nonce count is used by one request, which is known when it comes again",
                 "[cluster]") {
  CHECK(used("nonce:1", "phone") == NonceUsed::First);
  CHECK(used("nonce:1", "phone") == NonceUsed::Again);
  CHECK(used("nonce:1", "thief") == NonceUsed::ByAnother);
  CHECK(used("nonce:2", "thief") == NonceUsed::First);
  CHECK(used("nonce:1", "other", TenantId{8}) == NonceUsed::First);
}

TEST_CASE_METHOD(Fixture, "A call's and a registration's counts are the same ones", "[cluster]") {
  CHECK(used("nonce:1", "phone") == NonceUsed::First);
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
  CHECK(apply() == Verdict::Again);
  CHECK(used("nonce:2", "phone") == NonceUsed::ByAnother);
}

TEST_CASE_METHOD(Fixture, "A use is forgotten with its nonce", "[cluster]") {
  REQUIRE(use("nonce:1", "phone"));
  const auto key = redis_keys::nonce_use(kTenant, kAor, "nonce:1");
  const auto left = ask(redis::Command{"PTTL", key})->integer();
  CHECK(left > 50'000);
  CHECK(left <= 60'000);
}
