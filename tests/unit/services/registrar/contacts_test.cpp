#include "registrar/domain/contacts.hpp"

#include <catch2/catch.hpp>

#include "fixture.hpp"

using namespace pbx;
using namespace pbx::registrar;
using namespace pbx::registrar::test;

using Strings = std::vector<std::string>;

TEST_CASE("Each contact's expiry is its own, the header's or the default, within bounds",
          "[registrar]") {
  struct Row {
    const char* contact;
    const char* header;
    unsigned granted;
  };
  const auto row = GENERATE(values<Row>({
      {"<sip:a@192.0.2.1>;expires=120", "Expires: 300", 120},
      {"<sip:a@192.0.2.1>", "Expires: 300", 300},
      {"<sip:a@192.0.2.1>", "X: y", 600},
      {"<sip:a@192.0.2.1>;expires=60", "X: y", 60},
      {"<sip:a@192.0.2.1>;expires=3601", "X: y", 3600},
      {"<sip:a@192.0.2.1>;expires=4294967295", "X: y", 3600},
      {"<sip:a@192.0.2.1>;expires=9999999999", "X: y", 3600},
      {"<sip:a@192.0.2.1>;expires=soon", "X: y", 3600},
      {"<sip:a@192.0.2.1>", "Expires: never", 3600},
  }));
  CAPTURE(row.contact, row.header);
  Fixture f;
  const auto reply = f.send({.contacts = {row.contact}, .headers = {row.header}});
  REQUIRE(reply.code() == 200);
  CHECK(headers_named(reply, "Contact") ==
        Strings{"<sip:a@192.0.2.1>;expires=" + std::to_string(row.granted)});
}

TEST_CASE("A shorter expiry than the least is refused with Min-Expires", "[registrar]") {
  Fixture f;
  const auto request = GENERATE(
      Request{.contacts = {"<sip:a@192.0.2.1>;expires=59"}}, Request{.headers = {"Expires: 1"}},
      Request{.contacts = {"<sip:a@192.0.2.1>;expires=600", "<sip:b@192.0.2.1>;expires=5"}});
  const auto reply = f.send(request);
  CHECK(reply.code() == 423);
  CHECK(reply.refusal() == "too_brief");
  CHECK(headers_named(reply, "Min-Expires") == Strings{"60"});
  CHECK(f.bindings().empty());
}

TEST_CASE("Contacts that no call could reach are refused", "[registrar]") {
  const auto contact = GENERATE(as<std::string>{}, "<mailto:a@b.test>", "<tel:+3585551234567>",
                                "<sip:>", "<sip:a@192.0.2.1>;q=2", "<sip:a@192.0.2.1>;q=0.1234",
                                "<sip:a@192.0.2.1>;reg-id=0", "<sip:a@192.0.2.1", "sip:a b@c.test",
                                "<sip:a@192.0.2.1>;+sip.instance=\"<urn:a b>\"");
  CAPTURE(contact);
  Fixture f;
  const auto reply = f.send({.contacts = {contact}});
  CHECK(reply.code() == 400);
  CHECK((reply.refusal() == "bad_contact" || reply.refusal() == "malformed"));
  CHECK(f.bindings().empty());
}

TEST_CASE("A contact of more than 512 bytes, or a 17th contact, is refused", "[registrar]") {
  Fixture f;
  CHECK(f.send({.contacts = {"<sip:" + std::string(600, 'a') + "@192.0.2.1>"}}).code() == 400);
  Request many;
  for (int i = 0; i < 16; ++i) many.contacts.push_back("<sip:a@192.0.2." + std::to_string(i) + ">");
  CHECK(f.send(many).refusal() == "too_many_contacts");
}

TEST_CASE("A star removes everything, and only with Expires: 0 and alone", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.contacts = {"<sip:a@192.0.2.1>", "<sip:b@192.0.2.1>"}}).code() == 200);
  CHECK(f.send({.contacts = {"*"}}).refusal() == "bad_star");
  CHECK(f.send({.contacts = {"*"}, .headers = {"Expires: 60"}}).refusal() == "bad_star");
  CHECK(f.send({.contacts = {"*", "<sip:a@192.0.2.1>"}, .headers = {"Expires: 0"}}).code() == 400);
  CHECK(f.bindings().size() == 2);

  const auto reply = f.send({.contacts = {"*"}, .headers = {"Expires: 0"}, .cseq = 2});
  CHECK(reply.code() == 200);
  CHECK(headers_named(reply, "Contact").empty());
  CHECK(f.bindings().empty());
}

TEST_CASE("A star of a repeated or older request is out of order", "[registrar]") {
  Fixture f;
  REQUIRE(f.send({.cseq = 5}).code() == 200);
  const auto reply = f.send({.contacts = {"*"}, .headers = {"Expires: 0"}, .cseq = 5});
  CHECK(reply.code() == 500);
  CHECK(reply.refusal() == "old_cseq");
  CHECK(f.bindings().size() == 1);
}

TEST_CASE("A phone with an instance replaces itself when its address changes", "[registrar]") {
  Fixture f;
  const std::string instance = ";+sip.instance=\"<urn:uuid:00000000-0000-1000-8000-AABBCCDDEEFF>\"";
  REQUIRE(f.send({.contacts = {"<sip:1001@192.0.2.1:5060>" + instance}}).code() == 200);
  const auto reply =
      f.send({.contacts = {"<sip:1001@192.0.2.2:5062>" + instance}, .call_id = "after-reboot"});
  CHECK(reply.code() == 200);
  CHECK(headers_named(reply, "Contact") ==
        Strings{"<sip:1001@192.0.2.2:5062>;expires=600" + instance});
  CHECK(f.events.changes() ==
        std::vector{events::v1::REGISTRATION_CHANGE_ADDED, events::v1::REGISTRATION_CHANGE_MOVED});
}

TEST_CASE("A phone that lists several addresses keeps them all", "[registrar]") {
  Fixture f;
  const std::string instance = ";+sip.instance=\"<urn:uuid:1>\"";
  const Request request{.contacts = {"<sip:1001@192.0.2.1:5060>" + instance,
                                     "<sip:1001@192.0.2.1:5060;transport=tcp>" + instance}};
  REQUIRE(f.send(request).code() == 200);
  CHECK(f.bindings().size() == 2);
}

TEST_CASE("Contacts are one when they are the same place in another spelling", "[registrar]") {
  const auto [first, second] = GENERATE(table<std::string, std::string>({
      {"<sip:alice@Phone.Test;line=Ab>", "<SIP:alice@phone.test;line=ab>"},
      {"<sip:1001@192.0.2.7:5060>", "<sip:1001@192.0.2.7>"},
      {"<sip:%61lice@192.0.2.7>", "<sip:alice@192.0.2.7>"},
      {"<sip:a@192.0.2.7;transport=tcp;ob>", "<sip:a@192.0.2.7;ob;transport=TCP>"},
      {"<sip:a@192.0.2.7?Subject=x>", "<sip:a@192.0.2.7>"},
  }));
  CAPTURE(first, second);
  Fixture f;
  REQUIRE(f.send({.contacts = {first}}).code() == 200);
  const auto reply = f.send({.contacts = {second}, .cseq = 2});
  CHECK(headers_named(reply, "Contact") == Strings{second + ";expires=600"});
  CHECK(f.send({.contacts = {first + ";expires=0"}, .cseq = 3}).code() == 200);
  CHECK(f.bindings().empty());
}

TEST_CASE("Contacts that differ in what counts are several", "[registrar]") {
  const auto other =
      GENERATE(as<std::string>{}, "<sip:Alice@phone.test;line=1>", "<sip:alice@phone.test;line=2>",
               "<sip:alice@phone.test>", "<sip:alice@phone.test:5062;line=1>",
               "<sip:alice@phone.test;line=1;transport=tcp>");
  Fixture f;
  REQUIRE(f.send({.contacts = {"<sip:alice@phone.test;line=1>"}}).code() == 200);
  REQUIRE(f.send({.contacts = {other}, .cseq = 2}).code() == 200);
  CHECK(f.bindings().size() == 2);
}

TEST_CASE("A contact with URI headers is listed as it was registered", "[registrar]") {
  Fixture f;
  const auto reply = f.send({.contacts = {"<sip:1001@192.0.2.7?Subject=x>"}});
  CHECK(headers_named(reply, "Contact") == Strings{"<sip:1001@192.0.2.7?Subject=x>;expires=600"});
}

TEST_CASE("Every binding has the id that it is stored and told under", "[registrar]") {
  const std::string instance = ";+sip.instance=\"<urn:uuid:1>\"";
  Fixture f;
  SECTION("its contact's key") {
    f.send({.contacts = {"<SIP:1001@192.0.2.7>"}});
    CHECK(f.bindings().front().id() == "sip:1001@192.0.2.7:5060");
  }
  SECTION("its instance") {
    f.send({.contacts = {"<SIP:1001@192.0.2.7>" + instance}});
    CHECK(f.bindings().front().id() == "<urn:uuid:1>0");
  }
  state::v1::Binding told;
  REQUIRE(told.ParseFromString(f.events.states.front().bindings(0)));
  CHECK(told.id() == f.bindings().front().id());
}

TEST_CASE("A phone takes away by its instance or by its contact what it registered",
          "[registrar]") {
  const std::string instance = ";+sip.instance=\"<urn:uuid:1>\"";
  const std::string a = "<sip:1001@192.0.2.1>" + instance;
  const std::string b = "<sip:1001@192.0.2.2>" + instance;
  Fixture f;
  SECTION("another address of its instance") {
    REQUIRE(f.send({.contacts = {a}}).code() == 200);
    REQUIRE(f.send({.contacts = {b + ";expires=0"}, .cseq = 2}).code() == 200);
    CHECK(f.bindings().empty());
  }
  SECTION("one of its several addresses") {
    REQUIRE(f.send({.contacts = {a, b}}).code() == 200);
    REQUIRE(f.send({.contacts = {a + ";expires=0"}, .cseq = 2}).code() == 200);
    REQUIRE(f.bindings().size() == 1);
    CHECK(f.bindings().front().contact() == "sip:1001@192.0.2.2");
  }
  SECTION("the old address, with the new one in the same request") {
    REQUIRE(f.send({.contacts = {a}}).code() == 200);
    REQUIRE(f.send({.contacts = {b, a + ";expires=0"}, .cseq = 2}).code() == 200);
    REQUIRE(f.bindings().size() == 1);
    CHECK(f.bindings().front().contact() == "sip:1001@192.0.2.2");
  }
  SECTION("the same place in another spelling, with the new one in the same request") {
    REQUIRE(f.send({.contacts = {"<sip:1001@192.0.2.7>"}}).code() == 200);
    const Request both{.contacts = {"<sip:1001@192.0.2.7:5060>", "<SIP:1001@192.0.2.7>;expires=0"},
                       .cseq = 2};
    REQUIRE(f.send(both).code() == 200);
    CHECK(f.bindings().size() == 1);
  }
}

TEST_CASE("A sips contact is taken over TLS only, and may be taken away over anything",
          "[registrar]") {
  Fixture f;
  const auto source = GENERATE(as<std::string>{}, "192.0.2.7:5060;udp", "192.0.2.7:5060;tcp");
  const auto reply = f.send({.contacts = {"<sips:1001@192.0.2.7>"}, .source = source});
  CHECK(reply.code() == 400);
  CHECK(reply.reason() == "A sips Contact Needs TLS");
  CHECK(reply.refusal() == "insecure_contact");
  CHECK(f.bindings().empty());
  Request secure{.contacts = {"<sips:1001@192.0.2.7>"}, .source = "192.0.2.7:5061;tls"};
  CHECK(f.send(secure).code() == 200);
  secure.contacts.front() += ";expires=0";
  secure.cseq = 2;
  secure.source = source;
  CHECK(f.send(secure).code() == 200);
  CHECK(f.bindings().empty());
}

TEST_CASE("Outbound counts when the phone and its first hop know it", "[registrar]") {
  const std::string flow = ";+sip.instance=\"<urn:uuid:1>\";reg-id=";
  Fixture f;
  SECTION("two flows of one phone are two bindings") {
    const auto first = f.send(
        {.contacts = {"<sip:a@192.0.2.1>" + flow + "1"}, .headers = {"Supported: path, outbound"}});
    CHECK(headers_named(first, "Require") == Strings{"outbound"});
    CHECK(headers_named(first, "Contact")[0].ends_with(";reg-id=1"));
    f.send({.contacts = {"<sip:a@192.0.2.1>" + flow + "2"},
            .headers = {"Supported: outbound"},
            .call_id = "second"});
    CHECK(f.bindings().size() == 2);
  }
  SECTION("without Supported reg-id says nothing") {
    const auto reply = f.send({.contacts = {"<sip:a@192.0.2.1>" + flow + "1"}});
    CHECK(reply.code() == 200);
    CHECK(headers_named(reply, "Require").empty());
    CHECK(f.bindings().front().reg_id() == 0);
  }
  SECTION("a first hop without ob does not keep flows") {
    const auto reply = f.send({.contacts = {"<sip:a@192.0.2.1>" + flow + "1"},
                               .headers = {"Supported: outbound"},
                               .path = "sip:token@127.0.0.11:5060;lr"});
    CHECK(headers_named(reply, "Require").empty());
    CHECK(f.bindings().front().reg_id() == 0);
  }
  SECTION("one request registers one flow") {
    const auto reply =
        f.send({.contacts = {"<sip:a@192.0.2.1>" + flow + "1", "<sip:a@192.0.2.1>" + flow + "2"},
                .headers = {"Supported: outbound"}});
    CHECK(reply.code() == 400);
  }
}

TEST_CASE("The path is the edge proxy's first, then the message's, and is echoed if supported",
          "[registrar]") {
  Fixture f;
  const Request request{.headers = {"Path: <sip:token@127.0.0.11:5060;lr;ob>, <sip:p1.test;lr>",
                                    "Path: <sip:p2.test;lr;ob>", "Supported: path"}};
  const auto reply = f.send(request);
  REQUIRE(reply.code() == 200);
  const Strings path{"sip:token@127.0.0.11:5060;lr;ob", "sip:p1.test;lr", "sip:p2.test;lr;ob"};
  const auto stored = f.bindings().front();
  CHECK(Strings(stored.path().begin(), stored.path().end()) == path);
  CHECK(headers_named(reply, "Path") ==
        Strings{"<" + path[0] + ">", "<" + path[1] + ">", "<" + path[2] + ">"});

  auto unsupported = request;
  unsupported.headers.pop_back();
  unsupported.cseq = 2;
  const auto silent = f.send(unsupported);
  CHECK(silent.code() == 200);
  CHECK(headers_named(silent, "Path").empty());
  CHECK(f.bindings().front().path_size() == 3);
}

TEST_CASE("A path that is too long or malformed is refused", "[registrar]") {
  Fixture f;
  Request request;
  for (int i = 0; i < 9; ++i) request.headers.push_back("Path: <sip:p.test;lr>");
  CHECK(f.send(request).code() == 400);
  CHECK(f.send({.headers = {"Path: nonsense"}}).code() == 400);
}

TEST_CASE("A contact is listed with what is left of it", "[registrar]") {
  state::v1::Binding binding;
  binding.set_contact("sip:a@192.0.2.1");
  binding.set_q_milli(1000);
  const Clock::Wall now{1'000'000ms};
  binding.set_expires_at_ms(1'000'000 + 57'001);
  CHECK(contact_value(binding, now) == "<sip:a@192.0.2.1>;expires=58");
  binding.set_expires_at_ms(1'000'000);
  CHECK(contact_value(binding, now) == "<sip:a@192.0.2.1>;expires=0");
  const auto [q, text] = GENERATE(table<unsigned, std::string>(
      {{0, ";q=0"}, {500, ";q=0.5"}, {25, ";q=0.025"}, {990, ";q=0.99"}, {1000, ""}}));
  binding.set_q_milli(q);
  CHECK(contact_value(binding, now) == "<sip:a@192.0.2.1>;expires=0" + text);
}
