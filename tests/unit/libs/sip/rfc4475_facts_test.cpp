#include <catch2/catch.hpp>

#include "sip/auth.hpp"
#include "sip/contact.hpp"
#include "sip/reason.hpp"
#include "sip/rewrite.hpp"
#include "sip/text.hpp"
#include "sip/transaction_key.hpp"
#include "sip/validate.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;
using namespace std::string_view_literals;
using sip::HeaderId;
using sip::samples::parsed;
using sip::samples::rfc4475;

TEST_CASE("wsinv: a short tortuous INVITE", "[sip][rfc4475]") {
  const auto bytes = rfc4475("wsinv");
  const auto invite = parsed(bytes);
  CHECK(invite.request_uri()->has_param("unknownparam"));
  CHECK(invite.to()->tag() == "1918181833n");
  CHECK(invite.from()->display == R"("J Rosenberg \\\"")");
  CHECK(invite.from()->tag() == "98asjd8");
  CHECK(*invite.max_forwards() == 68u);
  CHECK(*invite.cseq() == sip::CSeq{9, "INVITE"});
  CHECK(invite.call_id() == "wsinv.ndaksdj@192.0.2.1");
  CHECK(invite.has(HeaderId::Subject));
  CHECK(invite.value(HeaderId::Subject).empty());
  CHECK(invite.value("UnknownHeaderWithUnusualValue") == ";;,,;;,;");
  std::vector<std::string> vias;
  for (const auto value : invite.values(HeaderId::Via)) {
    const auto via = sip::parse_via(value);
    REQUIRE(via);
    vias.push_back(std::string{via->transport_text} + " " + std::string{via->host} + " " +
                   std::string{via->branch});
  }
  CHECK(vias == std::vector<std::string>{"UDP 192.0.2.2 390skdjuw",
                                         "TCP spindle.example.com z9hG4bK9ikj8",
                                         "UDP 192.168.255.111 z9hG4bK30239"});
  CHECK((*invite.first_route())->uri()->param("unknownwith") == "value");
  const auto contacts = sip::parse_contacts(invite);
  REQUIRE(contacts);
  CHECK(contacts->front().q == 330);
  CHECK(contacts->front().address.params.value("newparam") == "newvalue");
  CHECK(invite.body().size() == 150);
}

TEST_CASE("intmeth: a wide range of valid characters", "[sip][rfc4475]") {
  const auto bytes = rfc4475("intmeth");
  const auto message = parsed(bytes);
  CHECK(message.method() == sip::Method::Other);
  CHECK(message.method_text() == "!interesting-Method0123456789_*+`.%indeed'~");
  const auto uri = message.request_uri();
  REQUIRE(uri);
  CHECK(uri->user == "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*");
  CHECK(uri->password == "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)");
  CHECK(uri->host == "example.com");
  CHECK(message.top_via()->branch == "z9hG4bK-.!%66*_+`'~");
  CHECK(message.to()->display == "\"BEL:\\\x07 NUL:\\\x00 DEL:\\\x7F\""sv);
  CHECK(message.from()->display == "token1~` token2'+_ token3*%!.-");
  CHECK(message.from()->tag() == "_token~1'+`*%!-.");
  CHECK(message.call_id() == "intmeth.word%ZK-!.*_+'@word`~)(><:\\/\"][?}{");
  CHECK(*message.max_forwards() == 255u);
}

TEST_CASE("esc01: escapes in URIs are equal to what they stand for", "[sip][rfc4475]") {
  const auto bytes = rfc4475("esc01");
  const auto invite = parsed(bytes);
  CHECK(invite.request_uri()->user == "sips%3Auser%40example.com");
  CHECK(invite.request_uri()->host == "example.net");
  CHECK(sip::equivalent(*invite.to()->uri(), *sip::parse_uri("sip:user@example.com")));
  CHECK(sip::aor(*invite.to()->uri()) == "user@example.com");
  const auto contact = (*invite.first_address(HeaderId::Contact))->uri();
  std::string user;
  sip::append_unescaped(user, contact->user);
  CHECK(user == "caller");
  CHECK(sip::equivalent(*contact, *sip::parse_uri("sip:caller@host5.example.net;lr;name=value%254"
                                                  "1")));
}

TEST_CASE("escnull: escaped nulls make different users", "[sip][rfc4475]") {
  const auto bytes = rfc4475("escnull");
  const auto contacts = sip::parse_contacts(parsed(bytes));
  REQUIRE(contacts);
  REQUIRE(contacts->size() == 2);
  const auto one = contacts->at(0).address.uri();
  const auto two = contacts->at(1).address.uri();
  CHECK_FALSE(sip::equivalent(*one, *two));
  CHECK(sip::aor(*one) == "%00@host5.example.com");
  CHECK(sip::aor(*two) == "%00%00@host5.example.com");
}

TEST_CASE("esc02: a percent sign is no escape outside of URIs", "[sip][rfc4475]") {
  const auto bytes = rfc4475("esc02");
  const auto message = parsed(bytes);
  CHECK(message.method() == sip::Method::Other);
  CHECK(message.method_text() == "RE%47IST%45R");
  CHECK(message.top_via()->branch == "z9hG4bK209%fzsnel234");
  CHECK(message.count(HeaderId::Contact) == 2);
  CHECK(message.value("C%6Fntact") == "<sip:alias2@host2.example.com>");
}

TEST_CASE("lwsdisp: no space before the bracket", "[sip][rfc4475]") {
  const auto bytes = rfc4475("lwsdisp");
  CHECK(parsed(bytes).from()->display == "caller");
}

TEST_CASE("longreq: long values and many Vias", "[sip][rfc4475]") {
  const auto bytes = rfc4475("longreq");
  const auto invite = parsed(bytes);
  CHECK(invite.count(HeaderId::Via) == 34);
  CHECK(invite.top_via()->host == "sip33.example.com");
  CHECK(invite.to()->uri()->port == 6000);
  CHECK(invite.body().size() == 150);
}

TEST_CASE("dblreq: what follows the first request of a datagram is ignored", "[sip][rfc4475]") {
  const auto bytes = rfc4475("dblreq");
  const auto message = parsed(bytes);
  CHECK(message.method() == sip::Method::Register);
  CHECK(message.body().empty());
  CHECK(message.bytes().size() < bytes.size());
}

TEST_CASE("semiuri: a semicolon in the user part", "[sip][rfc4475]") {
  const auto bytes = rfc4475("semiuri");
  const auto uri = parsed(bytes).request_uri();
  CHECK(uri->user == "user;par=u%40example.net");
  CHECK(uri->host == "example.com");
  CHECK(uri->params.empty());
}

TEST_CASE("transports: unknown ones too", "[sip][rfc4475]") {
  const auto bytes = rfc4475("transports");
  const auto message = parsed(bytes);
  std::vector<sip::Transport> transports;
  for (const auto value : message.values(HeaderId::Via)) {
    transports.push_back(sip::parse_via(value)->transport);
  }
  CHECK(transports == std::vector{sip::Transport::Udp, sip::Transport::Sctp, sip::Transport::Tls,
                                  sip::Transport::Other, sip::Transport::Tcp});
}

TEST_CASE("mpart01: a binary body passes untouched", "[sip][rfc4475]") {
  const auto bytes = rfc4475("mpart01");
  const auto message = parsed(bytes);
  CHECK(message.body().size() == 553);
  CHECK(message.body().find('\0') != std::string_view::npos);
  std::string out;
  sip::Rewriter rewriter{message};
  rewriter.push_via("SIP/2.0/UDP proxy;branch=z9hG4bKx").write(out);
  CHECK(out.ends_with(message.body()));
}

TEST_CASE("unreason and noreason: any reason phrase or none", "[sip][rfc4475]") {
  const auto odd = rfc4475("unreason");
  CHECK(parsed(odd).status() == 200);
  CHECK(parsed(odd).reason().starts_with("= 2**3 * 5**2 "));
  const auto none = rfc4475("noreason");
  CHECK(parsed(none).status() == 100);
  CHECK(parsed(none).reason().empty());
}

TEST_CASE("insuf: missing fields break nothing", "[sip][rfc4475]") {
  const auto bytes = rfc4475("insuf");
  const auto message = parsed(bytes);
  CHECK(sip::validate_request(message).error() == sip::Errc::MissingHeader);
  CHECK(message.from().error() == sip::Errc::MissingHeader);
  CHECK(message.call_id().empty());
}

TEST_CASE("unksm2: foreign schemes in To, From and Contact are forwarded", "[sip][rfc4475]") {
  const auto bytes = rfc4475("unksm2");
  const auto message = parsed(bytes);
  CHECK(message.to()->uri()->scheme == sip::Scheme::Other);
  CHECK(message.from()->uri()->scheme_text == "http");
  CHECK(sip::parse_contacts(message)->front().address.uri_text == "name:John_Smith");
}

TEST_CASE("bext01: a proxy answers 420 and names what it does not know", "[sip][rfc4475]") {
  const auto bytes = rfc4475("bext01");
  const auto message = parsed(bytes);
  std::string unsupported;
  const auto none = [](std::string_view) { return false; };
  CHECK(sip::append_unsupported(unsupported, message, HeaderId::ProxyRequire, none));
  CHECK(unsupported == "noProxiesSupportThis, norDoAnyProxiesSupportThis");
  const auto all = [](std::string_view) { return true; };
  CHECK_FALSE(sip::append_unsupported(unsupported, message, HeaderId::Require, all));
}

TEST_CASE("invut and sdp01: what a proxy need not understand it forwards", "[sip][rfc4475]") {
  const auto unknown_type = rfc4475("invut");
  CHECK(parsed(unknown_type).value(HeaderId::ContentType) == "application/unknownformat");
  const auto unknown_accept = rfc4475("sdp01");
  CHECK(parsed(unknown_accept).value(HeaderId::Accept) == "text/nobodyKnowsThis");
}

TEST_CASE("regaut01: credentials of an unknown scheme are none, so challenge", "[sip][rfc4475]") {
  const auto bytes = rfc4475("regaut01");
  const auto message = parsed(bytes);
  CHECK_FALSE(sip::find_credentials(message, HeaderId::Authorization, "example.com"));
  CHECK(sip::answer_status(
            sip::parse_credentials(message.value(HeaderId::Authorization)).error()) == 401);
}

TEST_CASE("bcast: a response for the broadcast address is not sent", "[sip][rfc4475]") {
  const auto bytes = rfc4475("bcast");
  const auto message = parsed(bytes);
  auto values = message.values(HeaderId::Via).begin();
  CHECK(sip::is_unicast(sip::response_target(*sip::parse_via(*values)).host));
  ++values;
  CHECK_FALSE(sip::is_unicast(sip::response_target(*sip::parse_via(*values)).host));
}

TEST_CASE("zeromf: a proxy sees that it must not forward", "[sip][rfc4475]") {
  const auto bytes = rfc4475("zeromf");
  CHECK(*parsed(bytes).max_forwards() == 0u);
}

TEST_CASE("cparam01 and cparam02: whose parameter it is depends on brackets", "[sip][rfc4475]") {
  const auto bare = rfc4475("cparam01");
  const auto without = sip::parse_contacts(parsed(bare))->front().address;
  CHECK(without.params.has("unknownparam"));
  CHECK_FALSE(without.uri()->has_param("unknownparam"));
  const auto bracketed = rfc4475("cparam02");
  const auto with = sip::parse_contacts(parsed(bracketed))->front().address;
  CHECK_FALSE(with.params.has("unknownparam"));
  CHECK(with.uri()->has_param("unknownparam"));
}

TEST_CASE("regescrt: an escaped header of a Contact is kept", "[sip][rfc4475]") {
  const auto bytes = rfc4475("regescrt");
  const auto uri = sip::parse_contacts(parsed(bytes))->front().address.uri();
  CHECK(uri->header("route") == "%3Csip:sip.example.com%3E");
}

TEST_CASE("inv2543: an old INVITE has a transaction of its own", "[sip][rfc4475]") {
  const auto bytes = rfc4475("inv2543");
  const auto invite = parsed(bytes);
  CHECK(sip::validate_request(invite));
  CHECK(*invite.max_forwards() == std::nullopt);
  CHECK(invite.from()->tag().empty());
  CHECK((*invite.first_address(HeaderId::RecordRoute))->uri()->param("maddr") == "ss1.example.com");
  CHECK(invite.to()->params.value("user") == "phone");
  CHECK(invite.body().ends_with("m=audio 49217 RTP/AVP 0\r\n"));
  std::string key;
  CHECK(sip::append_server_key(key, invite));
}
