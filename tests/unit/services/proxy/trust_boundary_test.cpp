#include "proxy/domain/trust_boundary.hpp"

#include <catch2/catch.hpp>

#include "sip/text.hpp"
#include "world.hpp"

using namespace pbx;
using namespace std::chrono_literals;
using sip::HeaderId;
using test::answer;
using test::invite;
using test::Sent;
using test::World;

namespace {

constexpr const char* kOurs =
    "Digest username=\"1001\", realm=\"hq.test\", nonce=\"n\", uri=\"sip:h\", response=\"r\"";

/// A boundary that vouches for hq.test.
struct Boundary {
  Boundary()
      : boundary{[](std::string_view realm) { return sip::iequals(realm, "hq.test"); },
                 [](DeviceId) { return true; }, metrics} {}

  std::string sent_on(const std::string& lines, std::string_view identity = {},
                      bool from_us = false) {
    const auto text = test::with_line_ends("INVITE sip:a@h SIP/2.0\n" + lines + "\n");
    const auto message = sip::parse_message(text);
    sip::Rewriter rewriter{*message};
    boundary.send_on(rewriter, *message, identity, from_us);
    std::string out;
    rewriter.write(out);
    return out;
  }
  proxy::TrustBoundary::Upward sent_up(int code, const std::string& lines) {
    const auto text = test::with_line_ends("SIP/2.0 " + std::to_string(code) +
                                           " Text\nVia: SIP/2.0/UDP a\nVia: SIP/2.0/UDP b\n" +
                                           lines + "Content-Length: 0\n\n");
    return boundary.send_up(*sip::parse_message(text));
  }
  double withheld(proxy::Withheld what) { return metrics.withheld(what).Value(); }

  prometheus::Registry registry;
  proxy::Metrics metrics{registry};
  proxy::TrustBoundary boundary;
};

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("Credentials for us stay here, those for others go on", "[proxy][trust]") {
  Boundary b;
  const auto header = GENERATE(as<std::string>{}, "Authorization: ", "Proxy-Authorization: ");
  const auto foreign = GENERATE(
      as<std::string>{},
      "Digest username=\"x\", realm=\"else.test\", nonce=\"n\", uri=\"sip:h\", response=\"r\"",
      "Digest realm=\"else.test\",algorithm=MD5-sess,nonce=\"n\"", "digest realm = else.test");
  const auto out = b.sent_on(header + kOurs + "\n" + header + foreign + "\n");
  CHECK(has(out, header + foreign + "\r\n"));
  CHECK_FALSE(has(out, "1001"));
  CHECK(b.withheld(proxy::Withheld::Credentials) == 1);
}

TEST_CASE("Credentials that cannot be told to be for others stay here", "[proxy][trust]") {
  Boundary b;
  const auto value =
      GENERATE(as<std::string>{}, "Digest realm=\"HQ.test\", nonce=\"n\"",
               "Digest realm=\"h\\q.test\"", "Digest realm=hq.test",
               "Digest\trealm\n = \"hq.test\"", "Digest realm=\"else.test\", realm=\"hq.test\"",
               "Digest realm=\"hq.test\", realm=\"else.test\"", "Digest nonce=\"n\"",
               "Basic MTIzOjQ1Ng==", "Digest realm=\"hq.test", "Digest realm", "Digest", "");
  CAPTURE(value);
  CHECK_FALSE(has(b.sent_on("Proxy-Authorization: " + value + "\n"), "Authorization"));
}

TEST_CASE("What only networks assert does not go on, whoever it is from", "[proxy][trust]") {
  Boundary b;
  const std::string lines =
      "P-Asserted-Identity: <sip:boss@hq.test>\nP-Preferred-Identity: <sip:boss@hq.test>\n"
      "Remote-Party-ID: <sip:boss@hq.test>\np-charging-vector: icid-value=1\n"
      "P-CHARGING-FUNCTION-ADDRESSES: ccf=a\nP-Access-Network-Info: x\n"
      "P-Visited-Network-ID: y\nP-Served-User: <sip:boss@hq.test>\n"
      "Cellular-Network-Info: z\nPrivacy: id\nP-RTP-Stat: PS=1\n";
  CHECK(b.sent_on(lines) == "INVITE sip:a@h SIP/2.0\r\nPrivacy: id\r\nP-RTP-Stat: PS=1\r\n\r\n");
  CHECK(b.withheld(proxy::Withheld::Assertion) == 9);
  const auto up = b.sent_up(180, lines);
  CHECK(up.bytes ==
        "SIP/2.0 180 Text\r\nVia: SIP/2.0/UDP b\r\nPrivacy: id\r\nP-RTP-Stat: PS=1\r\n"
        "Content-Length: 0\r\n\r\n");
}

TEST_CASE("The platform says who calls where that is wanted", "[proxy][trust]") {
  Boundary b;
  const auto identity = b.boundary.identity("Ann \"A\"", "10 01", "hq.test");
  CHECK(identity == "\"Ann \\\"A\\\"\" <sip:10%2001@hq.test>");
  CHECK(b.boundary.identity("", "1001", "hq.test") == "<sip:1001@hq.test>");

  CHECK(has(b.sent_on("Privacy: none\n", identity), "P-Asserted-Identity: " + identity));
  const auto privacy = GENERATE(as<std::string>{}, "id", "header;id;critical", "user", "ID");
  CAPTURE(privacy);
  CHECK_FALSE(has(b.sent_on("Privacy: " + privacy + "\n", identity), "P-Asserted"));
}

TEST_CASE("What the first hop asserted passes the second", "[proxy][trust]") {
  const std::string line = "P-Asserted-Identity: <sip:1001@hq.test>\n";
  Boundary b;
  CHECK(has(b.sent_on(line, {}, true), "1001"));
  CHECK_FALSE(has(b.sent_on(line + "Remote-Party-ID: <sip:x@h>\n", {}, true), "Remote"));
  CHECK_FALSE(has(b.sent_on(std::string{"Authorization: "} + kOurs + "\n", {}, true), "Digest"));
}

TEST_CASE("A phone's challenge for a realm of ours does not reach the caller", "[proxy][trust]") {
  Boundary b;
  const auto code = GENERATE(401, 407);
  const auto header = GENERATE(as<std::string>{}, "WWW-Authenticate: ", "Proxy-Authenticate: ");
  const std::string ours = header + "Digest realm=\"hq.test\", nonce=\"1\"\n";
  const std::string foreign = header + "Digest realm=\"else.test\", nonce=\"2\"\n";

  const auto nothing = b.sent_up(code, ours);
  CHECK(nothing.code == 480);
  CHECK(nothing.challenges.empty());
  CHECK(nothing.bytes ==
        "SIP/2.0 480 Temporarily Unavailable\r\nVia: SIP/2.0/UDP b\r\nContent-Length: 0\r\n"
        "Reason: SIP;cause=407;text=\"The phone asked for credentials of the platform\"\r\n\r\n");
  CHECK(b.withheld(proxy::Withheld::Challenge) == 1);

  const auto both = b.sent_up(code, ours + foreign);
  CHECK(both.code == code);
  CHECK(both.challenges == test::with_line_ends(foreign));
  CHECK_FALSE(has(both.bytes, "hq.test"));
  CHECK(has(both.bytes, "else.test"));

  CHECK(b.sent_up(code, header + "Basic realm=\"else.test\"\n").code == 480);
  CHECK(b.sent_up(code, "").code == code);
  CHECK_FALSE(has(b.sent_up(486, ours).bytes, "hq.test"));
  CHECK(b.sent_up(486, ours).code == 486);
}

TEST_CASE("A callee that asks for our credentials counts as unreachable", "[proxy][trust]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.receive(world.authorized(invite()));
  world.next();
  const auto sent = world.next();
  CHECK_FALSE(sent.message->has(HeaderId::ProxyAuthorization));
  world.receive_bytes(
      answer(sent, 407, "thief", "Proxy-Authenticate: Digest realm=\"hq.test\", nonce=\"mine\"\n"),
      sent.flow);
  CHECK(world.next().method() == "ACK");
  const auto refused = world.next();
  CHECK(refused.status() == 480);
  CHECK_FALSE(refused.message->has(HeaderId::ProxyAuthenticate));
  CHECK(world.records.only().end().outcome == events::v1::CALL_OUTCOME_UNREACHABLE);
  CHECK(world.records.only().end().reason == "The phone asked for credentials of the platform");
}

TEST_CASE("Another phone's word is worth more than one that asks for our credentials",
          "[proxy][trust]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.bind(1, "1002@hq.test", "10.0.0.2:5060");
  world.receive(world.authorized(invite()));
  world.next();
  const auto thief = world.next();
  const auto busy = world.next();
  world.receive_bytes(
      answer(thief, 401, "a", "WWW-Authenticate: Digest realm=\"hq.test\", nonce=\"mine\"\n"),
      thief.flow);
  world.receive_bytes(answer(busy, 486, "b"), busy.flow);
  world.next();
  world.next();
  CHECK(world.next().status() == 486);
}

TEST_CASE("Callees see the directory's identity of the caller and no other", "[proxy][trust]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  auto text = invite();
  if (GENERATE(false, true)) {
    for (auto at = text.find("INVITE"); at != std::string::npos; at = text.find("INVITE")) {
      text.replace(at, 6, "MESSAGE");
    }
  }
  text.insert(text.find("CSeq"), "P-Asserted-Identity: <sip:boss@hq.test>\n");
  text.replace(text.find("<sip:1001@hq.test>"), 18, "<sip:1003@hq.test>");
  world.receive(world.authorized(text, "1003"));
  auto sent = world.next();
  if (!sent.message->is_request()) sent = world.next();
  CHECK(sent.message->count(HeaderId::PAssertedIdentity) == 1);
  CHECK(sent.value(HeaderId::PAssertedIdentity) == "\"Carol\" <sip:1003@hq.test>");
}

TEST_CASE("What is kept of a call has no credentials", "[proxy][trust]") {
  World world;
  world.bind(1, "1002@hq.test", "10.0.0.1:5060");
  world.receive(world.authorized(invite()));
  const auto& kept = world.records.only().record().early().invite();
  CHECK_FALSE(kept.empty());
  CHECK_FALSE(has(kept, "Authorization"));
}
