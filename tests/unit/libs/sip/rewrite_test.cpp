#include "sip/rewrite.hpp"

#include <catch2/catch.hpp>

#include "sip/auth.hpp"
#include "sip/validate.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::kInvite;
using sip::samples::parsed;
using sip::samples::plain;
using sip::samples::wire;

namespace {

/// What `change` makes of `text`, both with plain line ends.
template <class Change>
std::string rewritten(std::string_view text, Change&& change) {
  const auto bytes = wire(text);
  const auto message = parsed(bytes);
  sip::Rewriter rewriter{message};
  change(rewriter, message);
  std::string out;
  rewriter.write(out);
  CHECK(sip::parse_message(out));
  return plain(out);
}

constexpr std::string_view kShort =
    "OPTIONS sip:a SIP/2.0\nSubject: s\nVia: SIP/2.0/UDP h\nTo: <sip:a>\n\nbody";

}  // namespace

TEST_CASE("A proxy forwards an INVITE in one pass", "[sip][rewrite]") {
  const auto out = rewritten(kInvite, [](sip::Rewriter& rewriter, const sip::Message&) {
    rewriter.push_via(sip::OwnVia{.host = "192.0.2.1", .port = 5060, .branch = "z9hG4bKours"})
        .received({"198.51.100.7", 40'000})
        .request_uri("sip:1002@192.0.2.20:5060")
        .max_forwards(69)
        .pop_routes(1)
        .insert_top(sip::HeaderId::RecordRoute, "<sip:192.0.2.1;lr>")
        .append(sip::HeaderId::Reason, "SIP;cause=200");
  });
  CHECK(out ==
        "INVITE sip:1002@192.0.2.20:5060 SIP/2.0\n"
        "Via: SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bKours\n"
        "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776;received=198.51.100.7;rport=40000\n"
        "Record-Route: <sip:192.0.2.1;lr>\n"
        "Max-Forwards: 69\n"
        "From: \"Alice\" <sip:1001@hq.example>;tag=a1\n"
        "To: <sip:1002@hq.example>\n"
        "Call-ID: 3848276298220188511@192.0.2.10\n"
        "CSeq: 1 INVITE\n"
        "Contact: <sip:1001@192.0.2.10:5060>\n"
        "Content-Type: application/sdp\n"
        "Content-Length: 5\n"
        "Reason: SIP;cause=200\n"
        "\n"
        "v=0\n");
}

TEST_CASE("Nothing asked, nothing changed", "[sip][rewrite]") {
  CHECK(rewritten(kInvite, [](auto&, auto&) {}) == kInvite);
}

TEST_CASE("The top Via leaves with its line or out of its list", "[sip][rewrite]") {
  const auto pop = [](sip::Rewriter& rewriter, const sip::Message&) { rewriter.pop_via(); };
  CHECK(rewritten("SIP/2.0 200 OK\nVia: SIP/2.0/UDP a\nv: SIP/2.0/UDP b\n\n", pop) ==
        "SIP/2.0 200 OK\nv: SIP/2.0/UDP b\n\n");
  CHECK(rewritten("SIP/2.0 200 OK\nVia: SIP/2.0/UDP a ,\n SIP/2.0/UDP b\n\n", pop) ==
        "SIP/2.0 200 OK\nVia: \n SIP/2.0/UDP b\n\n");
  CHECK(rewritten("SIP/2.0 200 OK\nTo: <sip:a>\n\n", pop) == "SIP/2.0 200 OK\nTo: <sip:a>\n\n");
}

TEST_CASE("The source is noted in the first of several Vias", "[sip][rewrite]") {
  const auto note = [](sip::Rewriter& rewriter, const sip::Message&) {
    rewriter.received({"192.0.2.9", 99});
  };
  CHECK(rewritten(
            "BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP a;rport;received=6.6.6.6;branch=x, SIP/2.0/UDP "
            "b;rport\n\n",
            note) ==
        "BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP a;branch=x;received=192.0.2.9;rport=99, SIP/2.0/UDP "
        "b;rport\n\n");
  CHECK(rewritten("BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9:7\n\n", note) ==
        "BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.9:7\n\n");
}

constexpr std::string_view kRoutes =
    "BYE sip:a SIP/2.0\nRoute: <sip:r1;lr>, <sip:r2,x;lr>\nTo: <sip:a>\nRoute: "
    "<sip:r3>,<sip:r4>\n\n";

TEST_CASE("Routes are popped over lines and lists", "[sip][rewrite]") {
  const auto [count, expected] = GENERATE(table<std::size_t, std::string>({
      {0, std::string{kRoutes}},
      {1, "BYE sip:a SIP/2.0\nRoute:  <sip:r2,x;lr>\nTo: <sip:a>\nRoute: <sip:r3>,<sip:r4>\n\n"},
      {2, "BYE sip:a SIP/2.0\nTo: <sip:a>\nRoute: <sip:r3>,<sip:r4>\n\n"},
      {3, "BYE sip:a SIP/2.0\nTo: <sip:a>\nRoute: <sip:r4>\n\n"},
      {4, "BYE sip:a SIP/2.0\nTo: <sip:a>\n\n"},
      {9, "BYE sip:a SIP/2.0\nTo: <sip:a>\n\n"},
  }));
  const auto pop = [pops = count](sip::Rewriter& rewriter, auto&) { rewriter.pop_routes(pops); };
  CHECK(rewritten(kRoutes, pop) == expected);
}

TEST_CASE("What is not there is inserted below the Vias", "[sip][rewrite]") {
  CHECK(
      rewritten(kShort,
                [](sip::Rewriter& rewriter, auto&) {
                  rewriter.max_forwards(70).insert_top(sip::HeaderId::Path, "<sip:p;lr>");
                }) ==
      "OPTIONS sip:a SIP/2.0\nSubject: s\nVia: SIP/2.0/UDP h\nMax-Forwards: 70\nPath: <sip:p;lr>\n"
      "To: <sip:a>\n\nbody");
  CHECK(rewritten("OPTIONS sip:a SIP/2.0\nTo: <sip:a>\n\n", [](sip::Rewriter& rewriter, auto&) {
          rewriter.push_via("SIP/2.0/UDP x");
        }) == "OPTIONS sip:a SIP/2.0\nVia: SIP/2.0/UDP x\nTo: <sip:a>\n\n");
  CHECK(rewritten("OPTIONS sip:a SIP/2.0\n\n", [](sip::Rewriter& rewriter, auto&) {
          rewriter.max_forwards(1).append("X", "y");
        }) == "OPTIONS sip:a SIP/2.0\nMax-Forwards: 1\nX: y\n\n");
}

TEST_CASE("Fields inserted at one place stand in the order of calls", "[sip][rewrite]") {
  CHECK(rewritten("INVITE sip:a SIP/2.0\nRecord-Route: <sip:old;lr>\n\n",
                  [](sip::Rewriter& rewriter, auto&) {
                    rewriter.insert_top(sip::HeaderId::RecordRoute, "<sip:outer;lr>")
                        .insert_top(sip::HeaderId::RecordRoute, "<sip:inner;lr>")
                        .append_lines("A: 1\r\nB: 2\r\n");
                  }) ==
        "INVITE sip:a SIP/2.0\nRecord-Route: <sip:outer;lr>\nRecord-Route: <sip:inner;lr>\n"
        "Record-Route: <sip:old;lr>\nA: 1\nB: 2\n\n");
}

TEST_CASE("Our credentials are taken out, others stay", "[sip][rewrite]") {
  constexpr std::string_view kText =
      "INVITE sip:a SIP/2.0\n"
      "Proxy-Authorization: Digest username=\"u\", realm=\"other\", nonce=\"n\", uri=\"sip:a\", "
      "response=\"r\"\n"
      "Proxy-Authorization: Digest username=\"u\", realm=\"ours\", nonce=\"n\",\n uri=\"sip:a\", "
      "response=\"r\"\n"
      "To: <sip:a>\n\n";
  CHECK(rewritten(kText,
                  [](sip::Rewriter& rewriter, const sip::Message& message) {
                    const auto found =
                        sip::find_credentials(message, sip::HeaderId::ProxyAuthorization, "ours");
                    REQUIRE(found);
                    rewriter.remove(found->field);
                  }) ==
        "INVITE sip:a SIP/2.0\n"
        "Proxy-Authorization: Digest username=\"u\", realm=\"other\", nonce=\"n\", uri=\"sip:a\", "
        "response=\"r\"\n"
        "To: <sip:a>\n\n");
}

TEST_CASE("Values and bodies are replaced", "[sip][rewrite]") {
  CHECK(rewritten(kShort,
                  [](sip::Rewriter& rewriter, auto&) {
                    rewriter.set(sip::HeaderId::Subject, "new").set(sip::HeaderId::Expires, "5");
                  }) ==
        "OPTIONS sip:a SIP/2.0\nSubject: new\nVia: SIP/2.0/UDP h\nTo: <sip:a>\nExpires: 5\n\nbody");
  CHECK(rewritten(kShort,
                  [](sip::Rewriter& rewriter, auto&) {
                    rewriter.body("text/plain", "other").remove_all(sip::HeaderId::Via);
                  }) ==
        "OPTIONS sip:a SIP/2.0\nSubject: s\nTo: <sip:a>\nContent-Type: text/plain\n"
        "Content-Length: 5\n\nother");
  CHECK(rewritten("INFO sip:a SIP/2.0\nc: a/b\nl: 4\n\nbody", [](sip::Rewriter& rewriter, auto&) {
          rewriter.body({}, {});
        }) == "INFO sip:a SIP/2.0\nContent-Length: 0\n\n");
}

TEST_CASE("A change inside of what is removed is lost", "[sip][rewrite]") {
  CHECK(rewritten("BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP h;rport\nMax-Forwards: 3\n\n",
                  [](sip::Rewriter& rewriter, const sip::Message& message) {
                    rewriter.received({"1.2.3.4", 5}).pop_via().max_forwards(2);
                    rewriter.remove(*message.first(sip::HeaderId::MaxForwards));
                    rewriter.push_via("SIP/2.0/UDP new");
                  }) == "BYE sip:a SIP/2.0\nVia: SIP/2.0/UDP new\n\n");
}

TEST_CASE("A rewriter writes as often as asked and appends", "[sip][rewrite]") {
  const auto bytes = wire(kInvite);
  const auto message = parsed(bytes);
  sip::Rewriter rewriter{message};
  rewriter.request_uri("sip:x@y");
  std::string out = "before";
  rewriter.write(out);
  const auto once = out.size();
  rewriter.write(out);
  CHECK(out.substr(6, once - 6) == out.substr(once));
  CHECK(message.bytes() == bytes);
}
