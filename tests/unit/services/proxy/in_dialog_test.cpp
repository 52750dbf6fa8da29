#include <catch2/catch.hpp>

#include "proxy/domain/in_dialog.hpp"
#include "proxy/domain/own_request.hpp"
#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::HeaderId;
using test::answer;
using test::invite;
using test::Sent;
using test::World;

namespace {

/// An answered call of 1001 (127.0.0.1:5070, by UDP or over TCP connection 3) to 1002 (10.0.0.2).
struct Call {
  explicit Call(World& world, bool tcp = false) {
    world.bind(1, "1002@hq.test", "10.0.0.2:5060");
    auto text = invite();
    const auto transport = tcp ? sip::Transport::Tcp : sip::Transport::Udp;
    if (tcp) text.replace(text.find("/UDP"), 4, "/TCP");
    world.receive(world.authorized(text), "127.0.0.1:5070", transport, tcp ? 3 : 0);
    world.next();
    const auto sent = world.next();
    world.receive_bytes(answer(sent, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                        sent.flow);
    const auto ok = world.next();
    for (const auto value : ok.message->values(HeaderId::RecordRoute)) {
      callee_routes += "Route: " + std::string{value} + "\n";
      caller_routes = "Route: " + std::string{value} + "\n" + caller_routes;
    }
  }

  std::string request(const std::string& method, bool from_caller, int cseq = 2) const {
    const std::string caller = "<sip:1001@hq.test>;tag=caller";
    const std::string callee = "<sip:1002@hq.test>;tag=callee";
    return method + (from_caller ? " sip:phone@10.0.0.2:5060" : " sip:1001@127.0.0.1:5070") +
           " SIP/2.0\nVia: SIP/2.0/UDP 10.9.9.9:5060;branch=z9hG4bK" + method +
           std::to_string(cseq) + ";rport\nMax-Forwards: 70\n" +
           (from_caller ? caller_routes : callee_routes) +
           "From: " + (from_caller ? caller : callee) + "\nTo: " + (from_caller ? callee : caller) +
           "\nCall-ID: call-1\nCSeq: " + std::to_string(cseq) + " " + method +
           "\nContent-Length: 0\n\n";
  }

  std::string caller_routes;
  std::string callee_routes;
};

using Events = std::vector<std::string>;

}  // namespace

TEST_CASE("The ACK of an answer goes to the phone without a transaction", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto before = world.layer.size();
  world.receive(call.request("ACK", true, 1));
  const auto ack = world.next();
  CHECK(ack.method() == "ACK");
  CHECK(ack.to() == "10.0.0.2:5060");
  CHECK_FALSE(ack.message->has(HeaderId::Route));
  CHECK(world.layer.size() == before);
}

TEST_CASE("Either side hangs up and the call ends once", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const bool by_caller = GENERATE(true, false);
  const auto text = call.request("BYE", by_caller);
  world.receive(text);
  const auto bye = world.next();
  CHECK(bye.method() == "BYE");
  CHECK(bye.to() == (by_caller ? "10.0.0.2:5060" : "127.0.0.1:5070"));
  CHECK_FALSE(bye.message->has(HeaderId::Route));
  world.receive_bytes(answer(bye, 200), bye.flow);
  CHECK(world.next().status() == 200);
  world.receive(text);
  CHECK(world.next().status() == 200);

  const auto& entry = world.records.only();
  CHECK(entry.events == Events{"started", "answered", "ended"});
  CHECK(entry.end().outcome == events::v1::CALL_OUTCOME_ANSWERED);
  CHECK(entry.end().hung_up_by ==
        (by_caller ? events::v1::CALL_PARTY_CALLER : events::v1::CALL_PARTY_CALLEE));
}

TEST_CASE("A BYE is answered, and refused, when the end of the call is written",
          "[proxy][dialog]") {
  World world;
  const Call call{world};
  world.records.held = true;
  const auto text = call.request("BYE", true);
  world.receive(text);
  const auto bye = world.next();
  const auto [said, heard] = GENERATE(table<int, int>({{200, 200}, {481, 481}}));
  CAPTURE(said);
  world.receive_bytes(answer(bye, said), bye.flow);
  if (said == 481) {  // our own BYE is not to be mistaken
    const auto own = world.next();
    world.receive_bytes(answer(own, said), own.flow);
  }
  CHECK(world.silent());
  SECTION("soon") {
    world.records.release();
    CHECK(world.next().status() == heard);
    CHECK(world.records.only().ended());
    world.receive(text);  // the answer was lost
    CHECK(world.next().status() == heard);
    world.advance(10s);
  }
  SECTION("too late for the phone's patience") {
    world.receive(text);  // the phone asks whether it was heard
    world.advance(4s);
    CHECK(world.silent());
    world.advance(2s);
    CHECK(world.next().status() == heard);
    world.records.release();
  }
  SECTION("never, and the transaction is gone") {
    world.layer.remove_server(
        world.layer.key_of(sip::parse_stored(test::with_line_ends(text))->get()));
    world.records.release();
  }
  CHECK(world.silent());
}

TEST_CASE("A BYE that the other phone does not confirm ends nothing", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto [said, heard] = GENERATE(
      table<int, int>({{500, 500}, {503, 500}, {403, 403}, {401, 401}, {415, 415}, {603, 603}}));
  CAPTURE(said);
  world.receive(call.request("BYE", true));
  const auto bye = world.next();
  world.receive_bytes(answer(bye, said), bye.flow);
  CHECK(world.next().status() == heard);
  CHECK_FALSE(world.records.only().ended());
  CHECK(world.records.doubted.size() == 1);
}

TEST_CASE("A BYE whose own way is wrong is said again in order before 481 counts",
          "[proxy][dialog]") {
  World world;
  const Call call{world};
  auto text = call.request("BYE", true);
  text.replace(text.find("sip:phone@10.0.0.2:5060"), 23, "sip:nobody@10.0.0.2:5060");
  world.receive(text);
  const auto bye = world.next();
  world.receive_bytes(answer(bye, 481), bye.flow);
  CHECK_FALSE(world.records.only().ended());
  const auto own = world.next();
  CHECK(own.message->request_uri_text() == "sip:phone@10.0.0.2:5060");
  world.receive_bytes(answer(own, 200), own.flow);
  CHECK(world.records.only().ended());
  CHECK(world.next().status() == 481);
}

TEST_CASE("A BYE with a tag that no phone told is refused and goes nowhere", "[proxy][dialog]") {
  World world;
  const Call call{world};
  auto text = call.request("BYE", true);
  text.replace(text.find("tag=callee"), 10, "tag=invent");
  world.receive(text);
  CHECK(world.next().status() == 481);
  CHECK(world.silent());
  CHECK_FALSE(world.records.only().ended());
}

TEST_CASE("Nothing but a BYE passes within a call that is over", "[proxy][dialog]") {
  World world;
  const Call call{world};
  world.receive(call.request("BYE", true));
  const auto bye = world.next();
  world.receive_bytes(answer(bye, 200), bye.flow);
  CHECK(world.next().status() == 200);
  for (const auto* method : {"MESSAGE", "INVITE", "REFER"}) {
    world.receive(call.request(method, true));
    CHECK(world.next().status() == (method == std::string{"INVITE"} ? 100 : 481));
    world.forget_sent();
  }
}

TEST_CASE("A call goes on within itself while its record cannot be read", "[proxy][dialog]") {
  World world;
  const Call call{world};
  world.records.down = true;
  world.receive(call.request("INFO", true));
  const auto info = world.next();
  CHECK(info.method() == "INFO");
  CHECK(info.to() == "10.0.0.2:5060");
}

TEST_CASE("A BYE to a connection that is gone is answered when the end of the call is written",
          "[proxy][dialog]") {
  World world;
  const Call call{world, true};
  world.records.held = true;
  world.receive(call.request("BYE", false), "10.0.0.2:5060");
  const auto bye = world.next();
  REQUIRE(bye.flow.connection == 3);
  world.layer.on_unsent(bye.report_to);
  world.layer.on_unsent(world.next().report_to);  // our own
  CHECK(world.silent());
  world.records.release();
  CHECK(world.next().status() == 480);
  CHECK(world.silent());
}

TEST_CASE("A BYE that nobody answers is not answered with 408, and its call ends",
          "[proxy][dialog]") {
  World world;
  const Call call{world};
  world.receive(call.request("BYE", true));
  const auto said_at = world.clock.now().time_since_epoch().count();
  world.advance(40s);
  CHECK_FALSE(world.records.only().ended());
  world.advance(40s);
  while (!world.silent()) CHECK(world.next().method() == "BYE");
  REQUIRE(world.records.only().ended());
  CHECK(world.records.only().end().at_ms == said_at);
}

TEST_CASE("A BYE that does not get there is followed by one of our own, whose answer counts",
          "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto said_at = world.clock.now().time_since_epoch().count();
  world.receive(call.request("BYE", true, 7));
  world.layer.on_unsent(world.next().report_to);
  world.advance(1s);
  const auto own = world.next();
  CHECK(own.method() == "BYE");
  CHECK(own.to() == "10.0.0.2:5060");
  CHECK(own.message->cseq()->number >= proxy::kOwnCSeqs);
  CHECK_FALSE(world.records.only().ended());
  const auto [said, ends, at] = GENERATE(table<int, bool, std::int64_t>({
      {200, true, 1'000},  // it talked until now
      {481, true, 0},
      {408, true, 0},
      {500, false, 0},
      {603, false, 0},
  }));
  CAPTURE(said);
  world.forget_sent();
  world.receive_bytes(answer(own, said), own.flow);
  REQUIRE(world.records.only().ended() == ends);
  if (ends) CHECK(world.records.only().end().at_ms == said_at + at);
  CHECK(world.next().status() >= 400);  // its sender may say it again
  CHECK(world.silent());
}

TEST_CASE("A BYE goes to the phone that its tags name, whatever branch its Route is of",
          "[proxy][dialog]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.bind(1, "1002@hq.test", "10.0.0.3:5060");
  world.receive(world.authorized(invite()));
  world.next();
  const auto first = world.next(), second = world.next();
  world.receive_bytes(answer(first, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                      first.flow);
  world.forget_sent();
  const std::string route{second.message->value(HeaderId::RecordRoute)};
  world.receive(
      "BYE sip:phone@10.0.0.3:5060 SIP/2.0\nVia: SIP/2.0/UDP 127.0.0.1:5070;branch="
      "z9hG4bKbye;rport\nMax-Forwards: 70\nRoute: " +
      route +
      "\nFrom: <sip:1001@hq.test>;tag=caller\nTo: <sip:1002@hq.test>;tag=callee\n"
      "Call-ID: call-1\nCSeq: 9 BYE\nContent-Length: 0\n\n");
  CHECK(world.next().to() == first.to());
}

TEST_CASE("Another node that holds the address hangs up as well", "[proxy][dialog]") {
  World world;
  const Call call{world};
  World survivor;
  survivor.records.calls = world.records.calls;
  survivor.receive(call.request("BYE", false));
  const auto bye = survivor.next();
  CHECK(bye.to() == "127.0.0.1:5070");
  survivor.receive_bytes(answer(bye, 200), bye.flow);
  CHECK(survivor.records.only().ended());
}

TEST_CASE("A caller on TCP is reached over its connection", "[proxy][dialog]") {
  World world;
  const Call call{world, true};
  CHECK(std::count(call.caller_routes.begin(), call.caller_routes.end(), '\n') == 2);
  world.receive(call.request("BYE", false));
  const auto bye = world.next();
  CHECK(bye.flow.transport == sip::Transport::Tcp);
  CHECK(bye.flow.connection == 3);
  CHECK_FALSE(bye.message->has(HeaderId::Route));
}

TEST_CASE("Requests of a dialog that is not ours are never relayed", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto good = call.request("BYE", true);
  SECTION("without a route of ours") {
    auto text = good;
    const auto at = text.find("Route:");
    text.erase(at, text.find('\n', at) + 1 - at);
    world.receive(text);
    CHECK(world.next().status() == 481);
  }
  SECTION("with a forged one") {
    auto text = good;
    const auto at = text.find("<sip:") + 10;
    text[text.find("Route: <sip:") + 20] ^= 1;
    static_cast<void>(at);
    world.receive(text);
    CHECK(world.next().status() == 481);
  }
  SECTION("an ACK is dropped") {
    auto text = call.request("ACK", true);
    const auto at = text.find("Route:");
    text.erase(at, text.find('\n', at) + 1 - at);
    world.receive(text);
    CHECK(world.silent());
    CHECK(world.refused(proxy::Refusal::StrayAck) == 1);
  }
  CHECK_FALSE(world.records.only().ended());
}

TEST_CASE("The token of a call is good for that call, and for a day", "[proxy][dialog]") {
  World world;
  const Call call{world};
  auto text = call.request("INFO", true);
  const auto replace = [&](std::string_view what, std::string_view with) {
    text.replace(text.find(what), what.size(), with);
  };
  SECTION("a call that is younger") {
    world.clock.advance(24h - 1s);
    world.receive(text);
    CHECK(world.next().method() == "INFO");
    return;
  }
  SECTION("another call") { replace("Call-ID: call-1", "Call-ID: call-2"); }
  SECTION("another caller") { replace("tag=caller", "tag=other"); }
  SECTION("a day later") { world.clock.advance(24h + 2s); }
  world.receive(text, "10.6.6.6:5060");
  CHECK(world.next().status() == 481);
  CHECK(world.silent());
}

TEST_CASE("A token of a call opens nothing outside of it", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const std::string method = GENERATE("MESSAGE", "INVITE", "OPTIONS", "SUBSCRIBE");
  auto text = call.request(method, true);
  text.replace(text.find("To: <sip:1002@hq.test>;tag=callee"), 33, "To: <sip:1002@hq.test>");
  world.receive(text, "10.6.6.6:5060");
  CHECK(world.next().status() == 403);
  CHECK(world.silent());
}

TEST_CASE("Within a call a request goes to the phones and nowhere else", "[proxy][dialog]") {
  World world;
  const Call call{world};
  auto text = call.request("INFO", true);
  const std::string third = "Route: <sip:192.0.2.66;lr>\n";
  SECTION("not by one more Route") { text.insert(text.find("From:"), third); }
  SECTION("not by its Request-URI") {
    text.replace(text.find("sip:phone@10.0.0.2:5060"), 23, "sip:phone@192.0.2.66:5060");
  }
  SECTION("not by a Route above ours") {
    text.insert(text.find("Route:"), third);
    world.receive(text);
    CHECK(world.next().status() == 481);
    return;
  }
  world.receive(text);
  CHECK(world.next().to() == "10.0.0.2:5060");
}

TEST_CASE("A call whose node is gone goes on through any other", "[proxy][dialog]") {
  World world;
  const Call call{world};
  World survivor{"127.0.0.12"};
  survivor.inherit(world);
  const bool by_caller = GENERATE(true, false);
  const std::string method = GENERATE("BYE", "INVITE", "ACK", "INFO");
  survivor.receive(call.request(method, by_caller));
  if (method == "INVITE") CHECK(survivor.next().status() == 100);
  const auto sent = survivor.next();
  CHECK(sent.method() == method);
  CHECK(sent.to() == (by_caller ? "10.0.0.2:5060" : "127.0.0.1:5070"));
  CHECK_FALSE(sent.message->has(HeaderId::Route));
  if (method != "BYE") return;
  survivor.receive_bytes(answer(sent, 200), sent.flow);
  CHECK(survivor.records.only().ended());
}

TEST_CASE("Nodes that go by one name find each other, and any of them takes a call's requests",
          "[proxy][dialog]") {
  World one{"127.0.0.11", 1'000, nullptr, "sip.test"};
  World two{"127.0.0.12", 1'000, nullptr, "sip.test"};
  one.bind(1, "1002@hq.test", "10.0.0.2:5060", two.path_to("10.0.0.2:5060"));
  one.receive(one.authorized(invite()));
  one.next();
  const auto between = one.next();
  CHECK(between.to() == "127.0.0.12:5060");
  CHECK(between.message->field(0).value.find("sip.test:5060") != std::string_view::npos);
  two.receive_bytes(std::string{between.message->bytes()},
                    {sip::Transport::Udp, 0, *proxy::Endpoint::parse("127.0.0.11:5060"), 0});
  two.next();
  const auto rings = two.next();
  CHECK(rings.to() == "10.0.0.2:5060");
  two.receive_bytes(answer(rings, 200, "callee", "Contact: <sip:phone@10.0.0.2:5060>\n"),
                    rings.flow);
  const auto up = two.next();
  CHECK(up.to() == "127.0.0.11:5060");  // by the Via's received
  one.receive_bytes(std::string{up.message->bytes()}, between.flow);
  const auto ok = one.next();

  std::string routes, routes_back;
  for (const auto value : ok.message->values(HeaderId::RecordRoute)) {
    routes_back += "Route: " + std::string{value} + "\n";
    routes = "Route: " + std::string{value} + "\n" + routes;
  }
  CHECK(routes.find("@sip.test:5060") != std::string::npos);
  const bool by_caller = GENERATE(true, false);
  const bool at_one = GENERATE(true, false);
  const std::string bye =
      std::string{
          "BYE sip:x@10.9.9.9 SIP/2.0\nVia: SIP/2.0/UDP 10.9.9.9;branch=z9hG4bKbye;rport\n"} +
      "Max-Forwards: 70\n" + (by_caller ? routes : routes_back) +
      (by_caller ? "From: <sip:1001@hq.test>;tag=caller\nTo: <sip:1002@hq.test>;tag=callee\n"
                 : "From: <sip:1002@hq.test>;tag=callee\nTo: <sip:1001@hq.test>;tag=caller\n") +
      "Call-ID: call-1\nCSeq: 2 BYE\nContent-Length: 0\n\n";
  World* at = at_one ? &one : &two;
  two.records.calls = one.records.calls;
  at->receive(bye);
  auto sent = at->next();
  // Hop by hop, to whichever node a token is of, until it is a phone's.
  for (int hops = 0; sent.flow.remote.port == 5060 && sent.to().starts_with("127.0.0.1"); ++hops) {
    REQUIRE(hops < 3);
    at = sent.to() == "127.0.0.11:5060" ? &one : &two;
    at->receive_bytes(std::string{sent.message->bytes()}, sent.flow);
    sent = at->next();
  }
  CHECK(sent.to() == (by_caller ? "10.0.0.2:5060" : "127.0.0.1:5070"));
  CHECK_FALSE(sent.message->has(HeaderId::Route));
  // When one is gone, the other does the whole way alone.
  World& survivor = at_one ? one : two;
  const auto own = survivor.addresses.home_near(0);
  survivor.see({{"survivor", 1, {own}}});
  survivor.forget_sent();
  auto again = bye;
  again.replace(again.find("z9hG4bKbye"), 10, "z9hG4bKagain");
  survivor.receive(again);
  const auto direct = survivor.next();
  CHECK(direct.to() == (by_caller ? "10.0.0.2:5060" : "127.0.0.1:5070"));
  CHECK_FALSE(direct.message->has(HeaderId::Route));
}

TEST_CASE("What is for a connection of another node goes to that node, sealed", "[proxy][dialog]") {
  World holder;
  const Call call{holder, true};
  World other{"127.0.0.12"};
  other.settings.boot = 8;
  const proxy::Tokens tokens{other.keys, 8};
  const proxy::Node node{other.settings, other.addresses, tokens, other.clock,
                         other.metrics,  other.boundary,  0};
  const auto text = test::with_line_ends(call.request("BYE", false));
  const auto bye = sip::parse_message(text);
  const auto routes = proxy::read_routes(node, *bye);
  REQUIRE(routes.dialog);
  const auto target = proxy::target_at(node, proxy::other_side(routes), *routes.dialog, 0);
  REQUIRE(target);
  CHECK(target->node);
  CHECK(target->flow.remote.to_string() == "127.0.0.11:5060");
}

TEST_CASE("A request with a foreign route is refused", "[proxy][dialog]") {
  World world;
  auto text = invite();
  SECTION("a stranger's") {
    text.insert(text.find("From:"), "Route: <sip:192.0.2.66;lr>\n");
    world.receive(text);
    CHECK(world.next().status() == 403);
  }
  SECTION("ours as outbound proxy is fine") {
    text.insert(text.find("From:"), "Route: <sip:127.0.0.11;lr>\n");
    world.receive(text);
    CHECK(world.next().status() == 407);
  }
}

TEST_CASE("An INVITE within a call goes to the other phone and is answered", "[proxy][dialog]") {
  World world;
  const Call call{world};
  world.receive(call.request("INVITE", false));
  CHECK(world.next().status() == 100);
  const auto again = world.next();
  CHECK(again.method() == "INVITE");
  CHECK(again.to() == "127.0.0.1:5070");
  world.receive_bytes(answer(again, 200, "caller"), again.flow);
  CHECK(world.next().status() == 200);
  CHECK(world.records.calls.size() == 1);
  CHECK_FALSE(world.records.only().ended());
}

TEST_CASE("No request of a dialog carries credentials to the other phone", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto method = GENERATE(as<std::string>{}, "ACK", "INVITE", "INFO", "BYE", "UPDATE");
  auto text = call.request(method, true, method == "ACK" ? 1 : 2);
  text.insert(text.find("Call-ID"),
              "Proxy-Authorization: Digest username=\"1001\", realm=\"hq.test\", nonce=\"n\", "
              "uri=\"sip:1002@hq.test\", response=\"r\"\n");
  world.receive(text);
  auto sent = world.next();
  if (!sent.message->is_request()) sent = world.next();
  CHECK(sent.method() == method);
  CHECK(sent.to() == "10.0.0.2:5060");
  CHECK_FALSE(sent.message->has(HeaderId::ProxyAuthorization));
}

TEST_CASE("A 407 without transaction is acknowledged into nothing", "[proxy][dialog]") {
  World world;
  world.receive(invite());
  const auto asked = world.next();
  CHECK(world.layer.size() == 0);
  auto ack = invite();
  ack.replace(0, 6, "ACK");
  ack.replace(ack.find("1 INVITE"), 8, "1 ACK");
  const std::string to = "To: <sip:1002@hq.test>";
  ack.replace(ack.find(to), to.size(), "To: " + asked.value(HeaderId::To));
  world.receive(ack);
  CHECK(world.silent());
  CHECK(world.refused(proxy::Refusal::StrayAck) == 0);
}

TEST_CASE("A BYE made from the record reaches both phones", "[proxy][dialog]") {
  World world;
  const Call call{world};
  const auto record = world.records.only().record();
  for (const auto side : {proxy::Side::Caller, proxy::Side::Callee}) {
    const auto bye = proxy::make_bye(world.node, record, side, "Maintenance");
    REQUIRE(bye);
    CHECK(bye->flow.remote.to_string() ==
          (side == proxy::Side::Caller ? "127.0.0.1:5070" : "10.0.0.2:5060"));
    const auto sent = sip::parse_stored(bye->bytes);
    REQUIRE(sent);
    CHECK(sent->get().method() == sip::Method::Bye);
    CHECK(sent->get().cseq()->number >= proxy::kOwnCSeqs);
    CHECK(sent->get().value(HeaderId::Reason).find("Maintenance") != std::string_view::npos);
  }
}
