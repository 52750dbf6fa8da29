#include "registrar/domain/registrar.hpp"

#include <catch2/catch.hpp>

#include "core/errc.hpp"
#include "fixture.hpp"
#include "telemetry/metrics.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;

using Strings = std::vector<std::string>;

TEST_CASE("A 200 lists every binding of the AoR, best first, and dates itself", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.contacts = {"<sip:a@192.0.2.1>;q=0.5"}}).code() == 200);
  f.clock.advance(100s);
  const auto reply = f.send({.contacts = {"<sip:b@192.0.2.2>"}, .call_id = "other"});
  CHECK(headers_named(reply, "Contact") ==
        Strings{"<sip:b@192.0.2.2>;expires=600", "<sip:a@192.0.2.1>;expires=500;q=0.5"});
  CHECK(headers_named(reply, "Date") == Strings{"Tue, 24 Nov 2026 00:01:40 GMT"});
}

TEST_CASE("A REGISTER without Contact lists and changes nothing", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({}).code() == 200);
  const auto reply = f.send({.contacts = {}, .cseq = 2});
  CHECK(reply.code() == 200);
  CHECK(headers_named(reply, "Contact").size() == 1);
  CHECK(f.metrics.fetched.Value() == 1);
  CHECK(f.events.states.size() == 1);
}

TEST_CASE("Expires 0 removes that contact only", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.contacts = {"<sip:a@192.0.2.1>", "<sip:b@192.0.2.1>"}}).code() == 200);
  const auto reply = f.send({.contacts = {"<sip:a@192.0.2.1>;expires=0"}, .cseq = 2});
  CHECK(reply.code() == 200);
  CHECK(headers_named(reply, "Contact") == Strings{"<sip:b@192.0.2.1>;expires=600"});
  CHECK(f.send({.contacts = {"<sip:a@192.0.2.1>;expires=0"}, .cseq = 3}).code() == 200);
}

TEST_CASE("Events tell what changed, and a plain refresh tells nothing", "[registrar]") {
  using namespace events::v1;
  Fixture f;
  f.send({});
  f.send({.cseq = 2});                                  // refresh
  f.send({.cseq = 3, .source = "192.0.2.7:6060;udp"});  // behind another port
  f.send({.headers = {"Expires: 0"}, .cseq = 4});       // removed
  f.send({.headers = {"Expires: 0"}, .cseq = 5});       // nothing to remove
  CHECK(f.events.changes() == std::vector{REGISTRATION_CHANGE_ADDED, REGISTRATION_CHANGE_MOVED,
                                          REGISTRATION_CHANGE_REMOVED});
  const auto& added = f.events.states.front();
  CHECK(added.tenant_id() == kTenant.value);
  CHECK(added.aor() == "1001@hq.north.pbx.test");
  CHECK(added.node() == "registrar-1");
  REQUIRE(added.bindings_size() == 1);
  state::v1::Binding binding;
  REQUIRE(binding.ParseFromString(added.bindings(0)));
  CHECK(binding.contact() == "sip:1001@192.0.2.7:5060");
  CHECK(f.events.states.back().bindings().empty());
}

TEST_CASE("A binding that expired is told when its AoR is next touched", "[registrar]") {
  Fixture f;
  f.send({.contacts = {"<sip:a@192.0.2.1>;expires=60", "<sip:b@192.0.2.1>;expires=3600"}});
  f.clock.advance(61s);
  f.send({.contacts = {"<sip:b@192.0.2.1>;expires=3600"}, .cseq = 2});
  CHECK(f.events.changes().back() == events::v1::REGISTRATION_CHANGE_EXPIRED);
  CHECK(f.events.states.back().bindings_size() == 1);
  CHECK(f.metrics.expired.Value() == 1);
}

TEST_CASE("A request that comes twice is answered alike; an older one is refused", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.cseq = 7}).code() == 200);
  const auto again = f.send({.cseq = 7});
  CHECK(again.code() == 200);
  CHECK(headers_named(again, "Contact").size() == 1);
  CHECK(f.metrics.repeated.Value() == 1);
  CHECK(f.events.states.size() == 1);

  const auto older = f.send({.cseq = 6});
  CHECK(older.code() == 500);
  CHECK(older.refusal() == "old_cseq");
  // The same number with other content is no repetition.
  CHECK(f.send({.headers = {"Expires: 0"}, .cseq = 7}).code() == 500);
  CHECK(f.bindings().size() == 1);
  // A phone that lost its memory begins a new Call-ID.
  CHECK(f.send({.call_id = "new", .cseq = 1}).code() == 200);
}

TEST_CASE("A repeated move from one contact to another is answered alike", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.contacts = {"<sip:a@192.0.2.1>"}}).code() == 200);
  const Request move{.contacts = {"<sip:a@192.0.2.1>;expires=0", "<sip:b@192.0.2.1>"}, .cseq = 2};
  REQUIRE(f.send(move).code() == 200);
  CHECK(f.send(move).code() == 200);
  CHECK(f.bindings().size() == 1);
}

TEST_CASE("A repetition is known by its binding, however its contact is spelled", "[registrar]") {
  Fixture f;
  const Request request{.contacts = {"<SIP:1001@192.0.2.7;B=1;a=2>"}, .cseq = 7};
  REQUIRE(f.send(request).code() == 200);
  CHECK(f.send(request).code() == 200);
  CHECK(f.metrics.repeated.Value() == 1);
}

TEST_CASE("An AoR has so many bindings and no more", "[registrar]") {
  Fixture f;
  Request request{.to = "<sip:1003@hq.north.pbx.test>",
                  .username = "1003",
                  .password = "secret-1003",
                  .contacts = {"<sip:a@192.0.2.1>", "<sip:b@192.0.2.1>"}};
  REQUIRE(f.send(request).code() == 200);
  request.contacts = {"<sip:c@192.0.2.1>"};
  request.call_id = "third";
  const auto reply = f.send(request);
  CHECK(reply.code() == 403);
  CHECK(reply.reason() == "Too Many Bindings");
  CHECK(reply.refusal() == "too_many_bindings");
  // Replacing one is not one more.
  request.contacts = {"<sip:a@192.0.2.1>;expires=0", "<sip:c@192.0.2.1>"};
  CHECK(f.send(request).code() == 200);
}

TEST_CASE("The default limit of bindings is the registrar's", "[registrar]") {
  Fixture f;
  Request request;
  request.contacts.clear();
  for (int i = 0; i < 11; ++i)
    request.contacts.push_back("<sip:a@192.0.2." + std::to_string(i) + ">");
  CHECK(f.send(request).refusal() == "too_many_bindings");
}

TEST_CASE("While the store is away phones are asked to come back later", "[registrar]") {
  Fixture f;
  const auto error = GENERATE(Errc::Unavailable, Errc::Timeout, Errc::Overloaded, Errc::BadData);
  f.store.fail_with(error);
  for (const auto& request : {Request{}, Request{.contacts = {}}}) {
    const auto reply = f.send(request);
    CHECK(reply.code() == 503);
    CHECK(reply.refusal() == "store_unavailable");
    const auto after = headers_named(reply, "Retry-After");
    REQUIRE(after.size() == 1);
    CHECK(std::stoi(after[0]) >= 5);
    CHECK(std::stoi(after[0]) <= 15);
  }
  f.store.fail_with({});
  CHECK(f.send({.cseq = 2}).code() == 200);
}

TEST_CASE("Required extensions that are not known are named", "[registrar]") {
  Fixture f;
  CHECK(f.send({.headers = {"Require: path, outbound"}}).code() == 200);
  const auto reply =
      f.send({.headers = {"Require: gruu, path", "Proxy-Require: foo, Outbound, bar"}});
  CHECK(reply.code() == 420);
  CHECK(reply.refusal() == "unsupported_extension");
  CHECK(headers_named(reply, "Unsupported") == Strings{"gruu, foo, bar"});
}

TEST_CASE("Anything but a well-formed REGISTER is refused", "[registrar]") {
  Fixture f;
  const auto good = f.message({});
  SECTION("not SIP at all") {
    const auto reply = f.send_text("hello\r\n\r\n");
    CHECK(reply.code() == 400);
    CHECK(reply.refusal() == "malformed");
  }
  SECTION("another method") { CHECK(f.send({.method = "OPTIONS"}).code() == 405); }
  SECTION("a response") {
    const auto reply = f.send_text("SIP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n");
    CHECK(reply.code() == 400);
  }
  SECTION("no Call-ID") {
    auto text = good;
    text.replace(text.find("Call-ID"), 7, "X-Other");
    CHECK(f.send_text(text).code() == 400);
  }
  SECTION("a Call-ID beyond all measure") {
    CHECK(f.send({.call_id = std::string(2000, 'a')}).code() == 400);
  }
  SECTION("a Request-URI that is not SIP") { CHECK(f.send({.uri = "tel:1001"}).code() == 416); }
  CHECK(f.bindings().empty());
  CHECK(f.store.calls() <= 2);  // that look, and a right digest that is used up
}

TEST_CASE("Every refusal has a metric of its own", "[registrar]") {
  Fixture f;
  f.send({.credentials = false});
  const auto text = telemetry::expose(f.registry);
  for (std::size_t i = 1; i < kRefusals; ++i) {
    const std::string name{name_of(static_cast<Refusal>(i))};
    CAPTURE(name);
    CHECK(text.find("pbx_registrar_refused_total{reason=\"" + name + "\"}") != std::string::npos);
  }
  CHECK(f.count(Refusal::NoCredentials) == 1);
}
