#include "rpc/gate.hpp"

#include <catch2/catch.hpp>
#include <set>
#include <string>
#include <vector>

#include "core/errc.hpp"
#include "fakes/manual_clock.hpp"
#include "pbx/billing/v1/billing.pb.h"
#include "pbx/provisioning/v1/provisioning.pb.h"
#include "pbx/proxy/v1/proxy.pb.h"
#include "pbx/registrar/v1/registrar.pb.h"
#include "rpc/access_table.hpp"
#include "rpc/identity.hpp"

using namespace pbx;
using namespace std::chrono_literals;

namespace {

constexpr std::string_view kHangUp = "/pbx.proxy.v1.Proxy/HangUp";
constexpr std::string_view kGetCall = "/pbx.proxy.v1.Proxy/GetCall";

struct Setting {
  fakes::ManualClock clock;
  rpc::SigningKey old_key = rpc::SigningKey::make();
  rpc::SigningKey new_key = rpc::SigningKey::make();
  rpc::Identity proxy{"proxy", new_key};

  rpc::Gate gate(const std::string& keys) const {
    return {"proxy", *rpc::CallerKeys::parse(keys), clock};
  }
  rpc::Gate gate() const { return gate("proxy:" + new_key.public_key().text()); }
  std::string token(Clock::Wall::duration life) const {
    return proxy.sign("proxy", {"ada", "1.4", {}}, clock.now() + life).reveal();
  }
};

}  // namespace

TEST_CASE("A good token tells who calls, and on whose behalf", "[rpc]") {
  const Setting s;
  const auto caller = s.gate().admit(kHangUp, s.token(60s));
  REQUIRE(caller);
  CHECK(caller->identity == "proxy");
  CHECK(caller->actor == "ada");
  CHECK(caller->scope == "1.4");
  CHECK(s.gate().admit(kGetCall, s.token(60s)).error() == Errc::PermissionDenied);
  CHECK(s.gate().admit("/pbx.proxy.v1.Proxy/Other", s.token(60s)).error() ==
        Errc::PermissionDenied);
  CHECK(s.gate().admit("", s.token(60s)).error() == Errc::PermissionDenied);
}

TEST_CASE("A token is good from now on for a minute, and clocks may differ", "[rpc]") {
  Setting s;
  for (const auto life : {1s, 60s, 90s}) CHECK(s.gate().admit(kHangUp, s.token(life)));
  for (const auto life : {-1s, 0s, 91s, 3600s}) {
    CAPTURE(life.count());
    CHECK(s.gate().admit(kHangUp, s.token(life)).error() == Errc::Unauthenticated);
  }
}

TEST_CASE("While a key is changed two are good, afterwards one", "[rpc]") {
  Setting s;
  const auto old_text = "proxy:" + s.old_key.public_key().text();
  const auto new_text = "proxy:" + s.new_key.public_key().text();
  const auto by_new = s.token(60s);
  s.proxy = rpc::Identity{"proxy", s.old_key};
  const auto by_old = s.token(60s);
  const auto both = s.gate(old_text + " " + new_text);
  CHECK(both.admit(kHangUp, by_old));
  CHECK(both.admit(kHangUp, by_new));
  CHECK(s.gate(old_text).admit(kHangUp, by_new).error() == Errc::Unauthenticated);
  CHECK(s.gate(new_text).admit(kHangUp, by_old).error() == Errc::Unauthenticated);
}

TEST_CASE("A key is good for the name that it belongs to", "[rpc]") {
  Setting s;
  const auto gate = s.gate("proxy:" + s.new_key.public_key().text() +
                           ",operator:" + s.old_key.public_key().text());
  const auto sign = [&](const std::string& name, const rpc::SigningKey& key) {
    return rpc::Identity{name, key}.sign("proxy", {}, s.clock.now() + 60s).reveal();
  };
  CHECK(gate.admit(kGetCall, sign("operator", s.old_key)));
  CHECK(gate.admit(kGetCall, sign("operator", s.new_key)).error() == Errc::Unauthenticated);
  CHECK(gate.admit(kGetCall, sign("nobody", s.new_key)).error() == Errc::Unauthenticated);
}

TEST_CASE("Callers' keys are written as names and keys", "[rpc]") {
  const auto key = rpc::SigningKey::make().public_key();
  const auto other = rpc::SigningKey::make().public_key();
  const auto keys = rpc::CallerKeys::parse("\nproxy:" + key.text() + ",\noperator:" + key.text() +
                                           " operator:" + other.text() + "\n");
  REQUIRE(keys);
  CHECK(keys->find("proxy", key.id()) != nullptr);
  CHECK(keys->find("operator", other.id()) != nullptr);
  CHECK(keys->find("proxy", other.id()) == nullptr);
  CHECK(keys->find("billing", key.id()) == nullptr);
  const std::vector<std::string> wrong{"",
                                       " ,",
                                       "proxy",
                                       "proxy:",
                                       ":" + key.text(),
                                       "Proxy:" + key.text(),
                                       "proxy:key",
                                       "proxy:" + key.text() + " proxy:" + key.text()};
  for (const auto& text : wrong) {
    CAPTURE(text);
    CHECK_FALSE(rpc::CallerKeys::parse(text));
  }
}

TEST_CASE("Credentials make a token once in 30 seconds", "[rpc]") {
  Setting s;
  const rpc::Credentials credentials{s.proxy, "proxy", s.clock};
  const auto first = credentials.token().reveal();
  CHECK(credentials.token().reveal() == first);
  const auto gate = s.gate();
  s.clock.advance(29s);
  CHECK(credentials.token().reveal() == first);
  CHECK(gate.admit(kHangUp, first));
  s.clock.advance(1s);
  const auto second = credentials.token().reveal();
  CHECK(second != first);
  CHECK(gate.admit(kHangUp, second));

  SECTION("another one for somebody else") {
    const auto other = credentials.token({"ada", "1.4", {}}).reveal();
    CHECK(gate.admit(kHangUp, other)->scope == "1.4");
    CHECK(gate.admit(kHangUp, credentials.token().reveal())->scope.empty());
  }
  SECTION("and a new one when the clock was set back") {
    s.clock.advance(-1h);
    CHECK(gate.admit(kHangUp, second).error() == Errc::Unauthenticated);
    CHECK(gate.admit(kHangUp, credentials.token().reveal()));
  }
}

TEST_CASE("The table has every method of every service once, and no other", "[rpc]") {
  std::multiset<std::string> there{"RegisterStream"};
  for (const auto* file : {billing::v1::Cdr::descriptor()->file(),
                           provisioning::v1::DeleteResponse::descriptor()->file(),
                           proxy::v1::HangUpRequest::descriptor()->file(),
                           registrar::v1::RegisterRequest::descriptor()->file()}) {
    for (int i = 0; i < file->service_count(); ++i) {
      const auto& service = *file->service(i);
      for (int m = 0; m < service.method_count(); ++m) {
        there.insert("/" + service.full_name() + "/" + service.method(m)->name());
      }
    }
  }
  std::multiset<std::string> in_table;
  for (const auto& rule : rpc::access_table()) in_table.insert(std::string{rule.method});
  CHECK(in_table == there);
}

TEST_CASE("The table gives each caller what it needs and no more", "[rpc]") {
  CHECK(rpc::may_call("proxy", "RegisterStream"));
  CHECK_FALSE(rpc::may_call("operator", "RegisterStream"));
  CHECK(rpc::may_call("proxy", kHangUp));
  CHECK(rpc::may_call("operator", kHangUp));
  for (const auto& rule : rpc::access_table()) {
    CAPTURE(rule.method);
    const bool of_proxies = rule.method == "RegisterStream" || rule.method == kHangUp;
    CHECK(rpc::may_call("proxy", rule.method) == of_proxies);
    for (const auto* caller : {"registrar", "provisioning", "billing", "", "nobody"}) {
      CHECK_FALSE(rpc::may_call(caller, rule.method));
    }
  }
}
