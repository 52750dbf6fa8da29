#include "sip/builder.hpp"

#include <catch2/catch.hpp>

#include "sip/validate.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using sip::samples::kInvite;
using sip::samples::parsed;
using sip::samples::plain;
using sip::samples::wire;

TEST_CASE("A response takes from its request what RFC 3261 says", "[sip][builder]") {
  const auto bytes = wire(
      "INVITE sip:b@c SIP/2.0\nv: SIP/2.0/UDP p.example;rport;branch=z9hG4bK2 , SIP/2.0/TCP q\n"
      "Via: SIP/2.0/UDP r\nRecord-Route: <sip:p;lr>\nf: <sip:a@c>;tag=1\nt: sip:b@c\ni: id\n"
      "CSeq: 7 INVITE\nTimestamp: 54\nSubject: not this\n\n");
  const auto request = parsed(bytes);
  std::string out;
  sip::append_response(out, request,
                       {.status = 200,
                        .to_tag = "xyz",
                        .header_lines = "Contact: <sip:b@192.0.2.2>\r\n",
                        .content_type = "text/plain",
                        .body = "hi",
                        .source = {"192.0.2.9", 4321},
                        .record_route = true});
  CHECK(plain(out) ==
        "SIP/2.0 200 OK\n"
        "Via: SIP/2.0/UDP p.example;branch=z9hG4bK2;received=192.0.2.9;rport=4321, SIP/2.0/TCP q\n"
        "Via: SIP/2.0/UDP r\n"
        "Record-Route: <sip:p;lr>\n"
        "From: <sip:a@c>;tag=1\n"
        "To: sip:b@c;tag=xyz\n"
        "Call-ID: id\n"
        "CSeq: 7 INVITE\n"
        "Contact: <sip:b@192.0.2.2>\n"
        "Content-Type: text/plain\n"
        "Content-Length: 2\n"
        "\n"
        "hi");
  CHECK(sip::validate_response(parsed(out)));
}

TEST_CASE("A To tag that is there already stays", "[sip][builder]") {
  std::string text{kInvite};
  text.replace(text.find("To: <sip:1002@hq.example>"), 25, "To: <sip:1002@hq.example>;tag=old");
  const auto bytes = wire(text);
  std::string out;
  sip::append_response(out, parsed(bytes), {.status = 481, .to_tag = "new"});
  CHECK(parsed(out).to()->tag() == "old");
}

TEST_CASE("A 100 has no tag of ours and keeps the Timestamp", "[sip][builder]") {
  const auto bytes = wire(
      "INVITE sip:b@c SIP/2.0\nVia: SIP/2.0/UDP p\nFrom: <sip:a@c>;tag=1\nTo: <sip:b@c>\n"
      "Call-ID: id\nCSeq: 7 INVITE\nTimestamp: 54\n\n");
  std::string out;
  sip::append_response(out, parsed(bytes), {.status = 100});
  CHECK(plain(out) ==
        "SIP/2.0 100 Trying\nVia: SIP/2.0/UDP p\nFrom: <sip:a@c>;tag=1\nTo: <sip:b@c>\n"
        "Call-ID: id\nCSeq: 7 INVITE\nTimestamp: 54\nContent-Length: 0\n\n");
}

TEST_CASE("ACK and CANCEL follow the INVITE as it was sent", "[sip][builder]") {
  const auto invite_bytes = wire(kInvite);
  const auto invite = parsed(invite_bytes);
  std::string busy_bytes;
  sip::append_response(busy_bytes, invite, {.status = 486, .to_tag = "b2"});
  std::string ack;
  sip::append_ack(ack, invite, parsed(busy_bytes));
  CHECK(plain(ack) ==
        "ACK sip:1002@hq.example SIP/2.0\n"
        "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776;rport\n"
        "Route: <sip:192.0.2.1;lr>\n"
        "Max-Forwards: 70\n"
        "From: \"Alice\" <sip:1001@hq.example>;tag=a1\n"
        "To: <sip:1002@hq.example>;tag=b2\n"
        "Call-ID: 3848276298220188511@192.0.2.10\n"
        "CSeq: 1 ACK\n"
        "Content-Length: 0\n"
        "\n");
  std::string cancel;
  sip::append_cancel(cancel, invite, "Reason: SIP;cause=200\r\n");
  const auto parsed_cancel = parsed(cancel);
  CHECK(sip::validate_request(parsed_cancel));
  CHECK(parsed_cancel.method() == sip::Method::Cancel);
  CHECK(parsed_cancel.to()->tag().empty());
  CHECK(parsed_cancel.cseq()->number == 1);
  CHECK(parsed_cancel.value(sip::HeaderId::Reason) == "SIP;cause=200");
}

TEST_CASE("A request is built line by line", "[sip][builder]") {
  std::string out;
  sip::append_request_line(out, "OPTIONS", "sip:h");
  sip::append_via(out, {.transport = sip::Transport::Tls,
                        .host = "[2001:db8::1]",
                        .port = 5061,
                        .branch = "z9hG4bKx",
                        .rport = true});
  sip::append_header(out, sip::HeaderId::MaxForwards, std::uint64_t{70});
  sip::append_header(out, "X-Note", "a");
  sip::append_cseq(out, 3, "OPTIONS");
  sip::append_body(out);
  CHECK(plain(out) ==
        "OPTIONS sip:h SIP/2.0\nVia: SIP/2.0/TLS [2001:db8::1]:5061;rport;branch=z9hG4bKx\n"
        "Max-Forwards: 70\nX-Note: a\nCSeq: 3 OPTIONS\nContent-Length: 0\n\n");
  CHECK(parsed(out).top_via()->port == 5061);
}

TEST_CASE("Every standard status has its phrase", "[sip][builder]") {
  CHECK(sip::reason_phrase(100) == "Trying");
  CHECK(sip::reason_phrase(407) == "Proxy Authentication Required");
  CHECK(sip::reason_phrase(487) == "Request Terminated");
  CHECK(sip::reason_phrase(608) == "Rejected");
  CHECK(sip::reason_phrase(299) == "Unknown");
  CHECK(sip::reason_phrase(999) == "Unknown");
}

TEST_CASE("Foreign text cannot bring lines of its own", "[sip][builder]") {
  std::string out;
  sip::append_clean(out, "a\r\nInjected: yes\x7F");
  CHECK(out == "a  Injected: yes ");
}

TEST_CASE("Foreign text is cleaned of controls and of what is not UTF-8", "[sip][builder]") {
  CHECK(sip::clean("a\r\nb\x7F") == "a  b ");
  CHECK(sip::clean("caf\xC3\xA9 \xE5\x90\x83") == "caf\xC3\xA9 \xE5\x90\x83");
  CHECK(sip::clean("\xFF\xC3(\xED\xA0\x80") ==
        "?"
        "?("
        "???");  // stray bytes, cut short, a surrogate
  CHECK(sip::clean("").empty());
}
