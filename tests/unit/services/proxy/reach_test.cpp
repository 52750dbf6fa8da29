#include "proxy/domain/reach.hpp"

#include <catch2/catch.hpp>

#include "world.hpp"

using namespace pbx;
using test::World;

namespace {

struct Case {
  std::string contact = "<sip:1001@10.0.0.7:5062>";
  std::string via = "10.0.0.7:5062";
  std::string more{};
  std::string source = "10.0.0.7:40000";
  sip::Transport transport = sip::Transport::Udp;
};

std::string register_text(const Case& with) {
  return test::with_line_ends(
      "REGISTER sip:hq.test SIP/2.0\nVia: SIP/2.0/UDP " + with.via +
      ";branch=z9hG4bKr1\nMax-Forwards: 70\nFrom: <sip:1001@hq.test>;tag=f\n"
      "To: <sip:1001@hq.test>\nCall-ID: r1\nCSeq: 1 REGISTER\n" +
      (with.contact.empty() ? "" : "Contact: " + with.contact + "\n") + with.more +
      "Content-Length: 0\n\n");
}

std::string reached(const Case& with) {
  const auto text = register_text(with);
  proxy::Flow source;
  source.transport = with.transport;
  source.remote = *proxy::Endpoint::parse(with.source);
  source.connection = with.transport == sip::Transport::Udp ? 0 : 7;
  const auto reach = proxy::reach_of(*sip::parse_message(text), source);
  CHECK(reach.transport == source.transport);
  CHECK(reach.listener == source.listener);
  CHECK(reach.connection == source.connection);
  CHECK(reach.remote.host() == source.remote.host());
  return reach.remote.to_string();
}

}  // namespace

TEST_CASE("A phone that sends from another port is called where it listens", "[proxy][reach]") {
  CHECK(reached({}) == "10.0.0.7:5062");
  CHECK(reached({.contact = "<sip:1001@10.0.0.7>"}) == "10.0.0.7:5060");
  CHECK(reached({.contact = "sip:1001@10.0.0.7:5062;transport=udp"}) == "10.0.0.7:5062");
  CHECK(reached({.contact = "<sip:1001@[2001:db8::7]:5062>",
                 .via = "[2001:DB8::7]:5062",
                 .source = "[2001:db8:0::7]:40000"}) == "[2001:db8::7]:5062");
  CHECK(reached({.via = "phone.test:5062"}) == "10.0.0.7:5062");
}

TEST_CASE("A phone behind NAT is called where it sent from", "[proxy][reach]") {
  CHECK(reached({.contact = "<sip:1001@192.168.1.9:5062>", .via = "192.168.1.9:5062"}) ==
        "10.0.0.7:40000");
  CHECK(reached({.contact = "<sip:1001@phone.local:5062>"}) == "10.0.0.7:40000");
  CHECK(reached({.contact = "<sip:1001@[2001:db8::7]:5062>"}) == "10.0.0.7:40000");
  // It knows its public address; whether the port that it names leads to it is not known.
  CHECK(reached({.via = "192.168.1.9:5062"}) == "10.0.0.7:40000");
}

TEST_CASE("A flow that the phone keeps up is used", "[proxy][reach]") {
  const std::string flow = "<sip:1001@10.0.0.7:5062>;+sip.instance=\"<urn:uuid:1>\";reg-id=1";
  CHECK(reached({.contact = flow, .more = "Supported: path, outbound\n"}) == "10.0.0.7:40000");
  CHECK(reached({.contact = flow}) == "10.0.0.7:5062");  // reg-id says nothing without it
  CHECK(reached({.more = "Supported: outbound\n"}) == "10.0.0.7:5062");
  CHECK(reached({.contact = "<sip:1001@10.0.0.7:5062;ob>"}) == "10.0.0.7:40000");
  CHECK(reached({.transport = sip::Transport::Tcp}) == "10.0.0.7:40000");
}

TEST_CASE("A Contact that says nothing better leaves the flow", "[proxy][reach]") {
  const auto contact =
      GENERATE(as<std::string>{}, "", "*", "<sip:1001@10.0.0.7:5062>, <sip:1001@10.0.0.7:5064>",
               "<sips:1001@10.0.0.7:5062>", "<sip:1001@10.0.0.7:5062;transport=tcp>",
               "<sip:1001@10.0.0.7:5062;maddr=10.0.0.8>", "<tel:+3585551234567>",
               "<sip:1001@10.0.0.7:99999>");
  CAPTURE(contact);
  CHECK(reached({.contact = contact}) == "10.0.0.7:40000");
}

TEST_CASE("The Path of a registration leads to where the phone is called", "[proxy][reach]") {
  World world;
  const auto path_for = [&](const Case& with) {
    auto text = register_text(with);
    const proxy::Flow flow{with.transport, 0, *proxy::Endpoint::parse(with.source), 0};
    world.receive_bytes(text, flow);
    const auto asked_for = world.next().value(sip::HeaderId::WwwAuthenticate);
    const std::string nonce{sip::parse_challenge(asked_for)->nonce};
    text.insert(text.find("Content-Length"),
                "Authorization: Digest username=\"1001\", realm=\"hq.test\", nonce=\"" + nonce +
                    "\", "
                    "uri=\"sip:hq.test\", response=\"00000000000000000000000000000000\", "
                    "cnonce=\"c\", nc=00000001, qop=auth\r\n");
    world.receive_bytes(text, flow);
    REQUIRE_FALSE(world.registrar.asked.empty());
    const auto asked = std::move(world.registrar.asked.back());
    CHECK(asked.source == with.source + ";udp");
    return world.tokens.read_flow(sip::parse_uri(asked.path)->user)->remote.to_string();
  };
  CHECK(path_for({}) == "10.0.0.7:5062");
}

TEST_CASE("A phone is called for its own user only", "[proxy][reach]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto& binding = world.locations.bindings.begin()->second.front();
  const UserId owner{binding.user_id()};
  CHECK(proxy::target_of(world.node, binding, owner, 0));
  CHECK_FALSE(proxy::target_of(world.node, binding, UserId{owner.value + 1}, 0));
  CHECK_FALSE(proxy::target_of(world.node, binding, UserId{}, 0));
}

TEST_CASE("URI headers of a Contact are in no Request-URI", "[proxy][reach]") {
  const auto [contact, expected] = GENERATE(table<std::string, std::string>({
      {"sip:a@10.0.0.2?Subject=x", "sip:a@10.0.0.2"},
      {"sip:a?b@10.0.0.2;ob?Subject=x&To=%3F", "sip:a?b@10.0.0.2;ob"},
      {"sip:a?b@10.0.0.2", "sip:a?b@10.0.0.2"},
      {"no uri?x", "no uri?x"},
  }));
  CHECK(proxy::request_uri_of(contact) == expected);
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  auto& binding = world.locations.bindings.begin()->second.front();
  binding.set_contact(contact);
  CHECK(proxy::target_of(world.node, binding, UserId{binding.user_id()}, 0)->request_uri ==
        expected);
}
