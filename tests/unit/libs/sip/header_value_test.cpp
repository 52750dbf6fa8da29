#include <catch2/catch.hpp>

#include "sip/comma_list.hpp"
#include "sip/contact.hpp"
#include "sip/cseq.hpp"
#include "sip/errc.hpp"
#include "sip/name_addr.hpp"
#include "sip/reason.hpp"
#include "sip/via.hpp"
#include "unit/libs/sip/samples.hpp"

using namespace pbx;

TEST_CASE("CSeq refuses what RFC 3261 forbids", "[sip][cseq]") {
  CHECK(*sip::parse_cseq("0009\r\n  INVITE") == sip::CSeq{9, "INVITE"});
  CHECK(*sip::parse_cseq("2147483647 NEW.Method") == sip::CSeq{2'147'483'647, "NEW.Method"});
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"-1 INVITE", sip::Errc::BadNumber},
      {"2147483648 INVITE", sip::Errc::BadNumber},
      {"36893488147419103232 REGISTER", sip::Errc::BadNumber},
      {"1", sip::Errc::BadToken},
      {"1INVITE", sip::Errc::BadNumber},
      {"1 INVITE x", sip::Errc::BadToken},
      {"", sip::Errc::BadNumber},
      {"INVITE", sip::Errc::BadNumber},
  }));
  CAPTURE(text);
  CHECK(sip::parse_cseq(text).error() == expected);
}

TEST_CASE("RAck is a response number and a CSeq", "[sip][cseq]") {
  CHECK(*sip::parse_rack("776656 1 INVITE") == sip::RAck{776'656, {1, "INVITE"}});
  CHECK(sip::parse_rack("776656 INVITE").error() == sip::Errc::BadNumber);
}

TEST_CASE("A Via has transport, sent-by and parameters", "[sip][via]") {
  const auto via = sip::parse_via(
      "SIP  /   2.0\r\n /UDP\r\n    [2001:db8::9] : 5080 ; Branch = z9hG4bK1;rport=4000 ; "
      "received=2001:db8::7;maddr=192.0.2.7;hidden");
  REQUIRE(via);
  CHECK(via->sip_2_0);
  CHECK(via->transport == sip::Transport::Udp);
  CHECK(via->host == "[2001:db8::9]");
  CHECK(via->port == 5080);
  CHECK(via->branch == "z9hG4bK1");
  CHECK(via->has_magic_cookie());
  CHECK(via->has_rport);
  CHECK(via->rport == 4000);
  CHECK(via->received == "2001:db8::7");
  CHECK(via->maddr == "192.0.2.7");
  CHECK(via->params.has("hidden"));
  CHECK_FALSE(sip::parse_via("SIP/7.0/UDP c;branch=z9hG4bK")->sip_2_0);
  CHECK_FALSE(sip::parse_via("SIP/2.0/UDP c;branch=z9hG4bK")->has_magic_cookie());
  CHECK(sip::parse_via("SIP/2.0/UNKNOWN t4.example.com")->transport == sip::Transport::Other);
}

TEST_CASE("A malformed Via is refused", "[sip][via]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"", sip::Errc::BadVia},
      {"SIP/2.0", sip::Errc::BadVia},
      {"SIP/2.0/UDP", sip::Errc::BadVia},
      {"SIP/2.0/UDP ", sip::Errc::BadVia},
      {"SIP/2.0/UDP ;branch=x", sip::Errc::BadHost},
      {"SIP/2.0/UDP h:0", sip::Errc::BadPort},
      {"SIP/2.0/UDP h:99999", sip::Errc::BadPort},
      {"SIP/2.0/UDP a b", sip::Errc::BadHost},
      {"SIP/2.0/UDP h;;", sip::Errc::BadParameter},
      {"SIP/2.0/UDP h;branch=", sip::Errc::BadParameter},
      {"SIP/2.0/UDP h;rport=70000", sip::Errc::BadNumber},
      {"SIP/2.0/UDP h, SIP/2.0/UDP i", sip::Errc::BadVia},
      {"SIP/2.0/UDP h;a=\"x", sip::Errc::BadParameter},
  }));
  CAPTURE(text);
  CHECK(sip::parse_via(text).error() == expected);
}

TEST_CASE("The receiver notes the source in a Via", "[sip][via]") {
  const auto [via, expected] = GENERATE(table<std::string, std::string>({
      {"SIP/2.0/UDP 192.0.2.9:5060;branch=z9", "SIP/2.0/UDP 192.0.2.9:5060;branch=z9"},
      {"SIP/2.0/UDP pc.example;branch=z9", "SIP/2.0/UDP pc.example;branch=z9;received=192.0.2.9"},
      {"SIP/2.0/UDP 192.0.2.9;rport;branch=z9",
       "SIP/2.0/UDP 192.0.2.9;branch=z9;received=192.0.2.9;rport=4321"},
      {"SIP/2.0/UDP 192.0.2.9;received=6.6.6.6;branch=z9", "SIP/2.0/UDP 192.0.2.9;branch=z9"},
      {"SIP/2.0/UDP a;rport=1;branch=z9;received=6.6.6.6 ;x",
       "SIP/2.0/UDP a;branch=z9 ;x;received=192.0.2.9;rport=4321"},
  }));
  std::string out;
  sip::append_received_via(out, *sip::parse_via(via), {"192.0.2.9", 4321});
  CHECK(out == expected);
}

TEST_CASE("A response goes where its Via says", "[sip][via]") {
  const auto [via, host, port] = GENERATE(table<std::string, std::string, int>({
      {"SIP/2.0/UDP pc.example", "pc.example", 5060},
      {"SIP/2.0/TLS pc.example", "pc.example", 5061},
      {"SIP/2.0/UDP pc.example:7000;received=192.0.2.9", "192.0.2.9", 7000},
      {"SIP/2.0/UDP pc.example:7000;received=192.0.2.9;rport=4321", "192.0.2.9", 4321},
      {"SIP/2.0/UDP pc.example:7000;maddr=224.2.0.1;received=192.0.2.9", "224.2.0.1", 7000},
      {"SIP/2.0/TCP pc.example;maddr=224.2.0.1;received=192.0.2.9", "192.0.2.9", 5060},
      {"SIP/2.0/UDP [2001:db8::1]", "2001:db8::1", 5060},
  }));
  const auto parsed = sip::parse_via(via);
  const auto target = sip::response_target(*parsed);
  CAPTURE(via);
  CHECK(target.host == host);
  CHECK(target.port == port);
}

TEST_CASE("Nothing is sent to broadcast and multicast addresses", "[sip][via]") {
  for (const auto host : {"255.255.255.255", "224.0.1.75", "0.0.0.0", "[ff02::1]", "240.0.0.1"}) {
    CAPTURE(host);
    CHECK_FALSE(sip::is_unicast(host));
  }
  for (const auto host : {"192.0.2.1", "ff.example", "[2001:db8::1]", "224.example", "127.0.0.1"}) {
    CAPTURE(host);
    CHECK(sip::is_unicast(host));
  }
}

TEST_CASE("Addresses come with and without brackets", "[sip][name_addr]") {
  const auto named = sip::parse_name_addr(
      R"("J Rosenberg \\\""       <sip:jdrosen@example.com;lr>  ; tag = 98asjd8 ; x="a;b")");
  REQUIRE(named);
  CHECK(named->bracketed);
  CHECK(named->display == R"("J Rosenberg \\\"")");
  CHECK(named->uri_text == "sip:jdrosen@example.com;lr");
  CHECK(named->tag() == "98asjd8");
  CHECK(named->params.value("x") == "\"a;b\"");

  const auto bare = sip::parse_name_addr("sip:vivekg@example.com ;   tag    = 19");
  REQUIRE(bare);
  CHECK_FALSE(bare->bracketed);
  CHECK(bare->uri_text == "sip:vivekg@example.com");
  CHECK(bare->tag() == "19");

  CHECK(sip::parse_name_addr("caller<sip:c@example.com>")->display == "caller");
  CHECK(sip::parse_name_addr("a b\t c <sip:c@h>")->display == "a b\t c");
  CHECK(sip::parse_name_addr("J\xC3\xBCrgen <sip:c@h>")->display == "J\xC3\xBCrgen");
  CHECK(sip::parse_name_addr("<sip:c@h?a=b,c>")->uri_text == "sip:c@h?a=b,c");
  CHECK(sip::parse_name_addr("tel:+1;ext=2")->params.value("ext") == "2");
}

TEST_CASE("A malformed address is refused", "[sip][name_addr]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"", sip::Errc::BadNameAddr},
      {"   ", sip::Errc::BadNameAddr},
      {"alice", sip::Errc::BadNameAddr},
      {"<>", sip::Errc::BadNameAddr},
      {"<sip:a@b", sip::Errc::BadNameAddr},
      {"sip:a@b>", sip::Errc::BadNameAddr},
      {"sip:a@b?x=y", sip::Errc::BadNameAddr},
      {"sip:a@b,sip:c@d", sip::Errc::BadNameAddr},
      {"Bell, Alexander <sip:a@b>", sip::Errc::BadNameAddr},
      {"\"open <sip:a@b>", sip::Errc::BadQuotedString},
      {"\"ends in backslash\\", sip::Errc::BadQuotedString},
      {"\"name\" sip:a@b", sip::Errc::BadNameAddr},
      {"<sip:a@b>;;", sip::Errc::BadParameter},
      {"<sip:a@b>x", sip::Errc::BadParameter},
      {"<sip:a@b>;tag=", sip::Errc::BadParameter},
      {"<sip:a@b>;tag=a b", sip::Errc::BadParameter},
      {"sip:a@b c", sip::Errc::BadParameter},
  }));
  CAPTURE(text);
  CHECK(sip::parse_name_addr(text).error() == expected);
}

TEST_CASE("A Contact carries what a registrar needs", "[sip][contact]") {
  const auto contact =
      sip::parse_contact(R"(<sip:1001@192.0.2.5:5062;transport=tcp>;q=0.33;expires=600;reg-id=2;)"
                         R"(+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>")");
  REQUIRE(contact);
  CHECK(contact->q == 330);
  CHECK(contact->expires == 600);
  CHECK(contact->reg_id == 2);
  CHECK(contact->instance == "<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>");
  CHECK(contact->address.uri()->port == 5062);
  CHECK(sip::parse_contact("*")->star);
  CHECK(sip::parse_contact("<sip:a@b>")->q == 1000);
  CHECK(sip::parse_contact("<sip:a@b>")->expires == std::nullopt);
  CHECK(sip::parse_contact("<sip:a@b>;expires=280297596632815")->expires == 3600);
  CHECK(sip::parse_contact("<sip:a@b>;expires=soon")->expires == 3600);
  CHECK(sip::parse_contact("<sip:a@b>;q=1.000")->q == 1000);
  CHECK(sip::parse_contact("<sip:a@b>;q=0")->q == 0);
}

TEST_CASE("A malformed Contact is refused", "[sip][contact]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"*;expires=0", sip::Errc::BadContact},
      {"<sip:a@b>;q=1.1", sip::Errc::BadContact},
      {"<sip:a@b>;q=2", sip::Errc::BadContact},
      {"<sip:a@b>;q=0.1234", sip::Errc::BadContact},
      {"<sip:a@b>;q=.5", sip::Errc::BadContact},
      {"<sip:a@b>;q", sip::Errc::BadContact},
      {"<sip:a@b>;reg-id=0", sip::Errc::BadContact},
      {"<sip:a@b>;reg-id=x", sip::Errc::BadContact},
      {"<sip:a@b>;+sip.instance=x", sip::Errc::BadContact},
      {"", sip::Errc::BadNameAddr},
  }));
  CAPTURE(text);
  CHECK(sip::parse_contact(text).error() == expected);
}

TEST_CASE("A comma splits a list only outside of quotes and brackets", "[sip]") {
  std::vector<std::string> values;
  for (const auto value : sip::CommaList{R"("a,\",b" <sip:x,y@h>;z="1,2" ,, <sip:c@d> )"}) {
    values.emplace_back(value);
  }
  CHECK(values == std::vector<std::string>{R"("a,\",b" <sip:x,y@h>;z="1,2")", "", "<sip:c@d>"});
  for (const auto open : {"\"a, b", "<a, b", "a"}) {
    const sip::CommaList list{open};
    CHECK(std::distance(list.begin(), list.end()) == 1);
  }
}

TEST_CASE("Reason says why a request was sent", "[sip][reason]") {
  const auto message = sip::samples::wire(
      "CANCEL sip:a@b SIP/2.0\n"
      "Reason: Q.850;cause=16 ; text=\"Terminated\", SIP ;cause=200;text=\"Call completed\"\n\n");
  const auto parsed = sip::samples::parsed(message);
  const auto reason = sip::find_reason(parsed, "sip");
  REQUIRE(reason);
  CHECK(reason->cause == 200);
  CHECK(reason->text == "Call completed");
  CHECK(sip::find_reason(parsed, "Q.850")->cause == 16);
  CHECK_FALSE(sip::find_reason(parsed, "preemption"));
  CHECK(sip::parse_reason(";cause=1").error() == sip::Errc::BadToken);
  CHECK(sip::parse_reason("SIP;cause=x").error() == sip::Errc::BadNumber);
  std::string out;
  sip::append_reason(out, "SIP", 200, "Call completed elsewhere");
  CHECK(out == "SIP;cause=200;text=\"Call completed elsewhere\"");
  out.clear();
  sip::append_warning(out, 399, "node-1", "too \"many\"");
  CHECK(out == R"(399 node-1 "too \"many\"")");
}
