#include "sip/uri.hpp"
#include "sip/uri_key.hpp"

#include <catch2/catch.hpp>

#include "sip/errc.hpp"

using namespace pbx;

TEST_CASE("A SIP URI falls into its parts", "[sip][uri]") {
  const auto uri = sip::parse_uri(
      "sip:alice;day=tuesday:secret@atlanta.example:5070;transport=tcp;lr?subject=a%20b&to=x");
  REQUIRE(uri);
  CHECK(uri->scheme == sip::Scheme::Sip);
  CHECK(uri->user == "alice;day=tuesday");
  CHECK(uri->password == "secret");
  CHECK(uri->host == "atlanta.example");
  CHECK(uri->port == 5070);
  CHECK(uri->params == ";transport=tcp;lr");
  CHECK(uri->headers == "subject=a%20b&to=x");
  CHECK(uri->transport() == sip::Transport::Tcp);
  CHECK(uri->is_loose_route());
  CHECK(uri->param("LR") == "");
  CHECK(uri->param("l") == std::nullopt);
  CHECK(uri->header("To") == "x");
}

TEST_CASE("Every form of host is taken", "[sip][uri]") {
  const auto v6 = sip::parse_uri("sips:[2001:db8::10]:5061");
  REQUIRE(v6);
  CHECK(v6->host == "[2001:db8::10]");
  CHECK(v6->bare_host() == "2001:db8::10");
  CHECK(v6->host_is_ipv6());
  CHECK(v6->port == 5061);
  CHECK(v6->transport() == sip::Transport::Tls);
  CHECK(sip::parse_uri("sip:192.0.2.1")->host_is_ipv4());
  CHECK_FALSE(sip::parse_uri("sip:a192.0.2.1")->host_is_address());
  CHECK(sip::parse_uri("sip:example.com.")->host == "example.com.");
  CHECK(sip::parse_uri("sips:h")->port_or_default() == 5061);
  CHECK(sip::parse_uri("sip:h")->port_or_default() == 5060);
}

TEST_CASE("Users may look odd", "[sip][uri]") {
  const auto [text, user] = GENERATE(table<std::string, std::string>({
      {"sip:+15551234;ext=9@h", "+15551234;ext=9"},
      {"sip:*97#@h", "*97#"},
      {"sip:a?b/c@h", "a?b/c"},
      {"sip:%61%40@h", "%61%40"},
      {"sip:(x)'~!@h", "(x)'~!"},
  }));
  const auto uri = sip::parse_uri(text);
  CAPTURE(text);
  REQUIRE(uri);
  CHECK(uri->user == user);
  CHECK(uri->host == "h");
}

TEST_CASE("A tel URI has a number and parameters", "[sip][uri]") {
  const auto uri = sip::parse_uri("tel:+1-201-555-0123;ext=42;phone-context=example.com");
  REQUIRE(uri);
  CHECK(uri->scheme == sip::Scheme::Tel);
  CHECK(uri->user == "+1-201-555-0123");
  CHECK(uri->param("ext") == "42");
  CHECK(uri->host.empty());
}

TEST_CASE("A URI of another scheme is passed on as it is", "[sip][uri]") {
  for (const auto text : {"urn:service:sos", "isbn:2983792873", "soap.beep://192.0.2.103:3002",
                          "http://www.example.com/a?b#c"}) {
    const auto uri = sip::parse_uri(text);
    CAPTURE(text);
    REQUIRE(uri);
    CHECK(uri->scheme == sip::Scheme::Other);
    CHECK(uri->text == text);
  }
}

TEST_CASE("Malformed URIs are refused with what is wrong", "[sip][uri]") {
  const auto [text, expected] = GENERATE(table<std::string, sip::Errc>({
      {"", sip::Errc::BadUri},
      {"sip", sip::Errc::BadUri},
      {"sip:", sip::Errc::BadUri},
      {":a@b", sip::Errc::BadUri},
      {"1sip:a@b", sip::Errc::BadUri},
      {"<sip:a@b>", sip::Errc::BadUri},
      {"sip:@b", sip::Errc::BadUri},
      {"sip:a@", sip::Errc::BadHost},
      {"sip:a b@c", sip::Errc::BadUri},
      {"sip:a\r\n@c", sip::Errc::BadUri},
      {"sip:a@b c", sip::Errc::BadHost},
      {"sip:\xC3\xA9@b", sip::Errc::BadUri},
      {"sip:a@b..c", sip::Errc::BadHost},
      {"sip:a@.b", sip::Errc::BadHost},
      {"sip:a@1.2.3", sip::Errc::BadHost},
      {"sip:a@1.2.3.256", sip::Errc::BadHost},
      {"sip:a@[::1", sip::Errc::BadHost},
      {"sip:a@[:::1]", sip::Errc::BadHost},
      {"sip:a@[1.2.3.4]", sip::Errc::BadHost},
      {"sip:a@[::1]x", sip::Errc::BadHost},
      {"sip:a@b:", sip::Errc::BadPort},
      {"sip:a@b:0", sip::Errc::BadPort},
      {"sip:a@b:65536", sip::Errc::BadPort},
      {"sip:a@b:5060x", sip::Errc::BadPort},
      {"sip:a@b;", sip::Errc::BadUri},
      {"sip:a@b;;lr", sip::Errc::BadUri},
      {"sip:a@b;=x", sip::Errc::BadUri},
      {"sip:a@b; lr", sip::Errc::BadUri},
      {"sip:a@b?", sip::Errc::BadUri},
      {"sip:a@b?x=<y>", sip::Errc::BadUri},
      {"sip:a%4@b", sip::Errc::BadEscape},
      {"sip:a%zz@b", sip::Errc::BadEscape},
      {"sip:a@b;x=%", sip::Errc::BadEscape},
      {"tel:", sip::Errc::BadUri},
      {"tel:+", sip::Errc::BadUri},
      {"tel:1+2", sip::Errc::BadUri},
      {"tel:alice", sip::Errc::BadUri},
      {"urn:a b", sip::Errc::BadUri},
  }));
  CAPTURE(text);
  CHECK(sip::parse_uri(text).error() == expected);
}

TEST_CASE("Equivalent URIs of RFC 3261 section 19.1.4", "[sip][uri]") {
  const auto [a, b] = GENERATE(table<std::string, std::string>({
      {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on"},
      {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on"},
      {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
       "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com"},
      {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
       "sip:alice@atlanta.com?priority=urgent&subject=project%20x"},
      {"sip:h;transport=udp;transport=tcp", "sip:h;transport=udp;transport=tcp"},
      {"tel:+1-201-555-0123", "tel:+12015550123"},
      {"tel:863;phone-context=+1.914", "tel:863;phone-context=+1.914"},
      {"urn:service:sos", "URN:service:sos"},
  }));
  CAPTURE(a, b);
  CHECK(sip::equivalent(*sip::parse_uri(a), *sip::parse_uri(b)));
  CHECK(sip::equivalent(*sip::parse_uri(b), *sip::parse_uri(a)));
}

TEST_CASE("Different URIs of RFC 3261 section 19.1.4", "[sip][uri]") {
  const auto [a, b] = GENERATE(table<std::string, std::string>({
      {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp"},
      {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp"},
      {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting"},
      {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4"},
      {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off"},
      {"sip:a@b", "sips:a@b"},
      {"sip:a@b", "sip:b"},
      {"sip:a:x@b", "sip:a:y@b"},
      {"sip:a%3Bb@c", "sip:a;b@c"},
      {"sip:a@b?x=1&x=2&y=3", "sip:a@b?x=1&y=3&z=4"},
      {"sip:a@b;maddr=1.2.3.4", "sip:a@b"},
      {"tel:863;phone-context=+1", "tel:863"},
  }));
  CAPTURE(a, b);
  CHECK_FALSE(sip::equivalent(*sip::parse_uri(a), *sip::parse_uri(b)));
  CHECK_FALSE(sip::equivalent(*sip::parse_uri(b), *sip::parse_uri(a)));
}

TEST_CASE("A URI's key is one for all spellings of a place", "[sip][uri]") {
  const auto [text, expected] = GENERATE(table<const char*, const char*>({
      {"sip:1001@10.0.0.7:5060", "sip:1001@10.0.0.7:5060"},
      {"SIP:1001@10.0.0.7", "sip:1001@10.0.0.7:5060"},
      {"sip:Al@[2001:DB8::1]", "sip:Al@[2001:db8::1]:5060"},
      {"sip:al@10.0.0.7;transport=TLS", "sip:al@10.0.0.7:5061;transport=tls"},
      {"sip:al@Phone.Test", "sip:al@phone.test"},  // its port may be in DNS
      {"sip:al@phone.test:5060", "sip:al@phone.test:5060"},
      {"sip:%61l%2d%3b;x=1@h.test", "sip:al-%3B;x=1@h.test"},
      {"sip:al#1@h.test", "sip:al%231@h.test"},
      {"sip:al%231@h.test", "sip:al%231@h.test"},
      {"sip:al:Pa%73s@h.test", "sip:al:Pass@h.test"},
      {"sip:h.test;B=%41;a;b=2", "sip:h.test;a;b=a"},
      {"sip:al@h.test;lr=;ob", "sip:al@h.test;lr;ob"},
      {"sip:al@h.test;a=1?Subject=x&To=y", "sip:al@h.test;a=1"},
      {"TEL:+1-201", "tel:+1-201"},
      {"MailTo:Al@h.test", "mailto:Al@h.test"},
  }));
  CAPTURE(text);
  std::string key, again;
  sip::append_key(key, *sip::parse_uri(text));
  CHECK(key == expected);
  sip::append_key(again, *sip::parse_uri(key));
  CHECK(again == key);
}

TEST_CASE("URIs that lead to different places have different keys", "[sip][uri]") {
  const auto [a, b] = GENERATE(table<const char*, const char*>({
      {"sip:al@h.test", "sip:Al@h.test"},
      {"sip:al@h.test", "sips:al@h.test"},
      {"sip:al@10.0.0.7", "sip:al@10.0.0.7:5061"},
      {"sip:al@h.test;line=1", "sip:al@h.test;line=2"},
      {"sip:al@h.test;line=1", "sip:al@h.test"},
      {"sip:al@h.test", "sip:al@h.test;transport=tcp"},
      {"sip:a%3bb@h.test", "sip:a;b@h.test"},
      {"sip:al@h.test", "sip:h.test"},
      {"sip:al:a@h.test", "sip:al:b@h.test"},
      {"sip:al@h.test;x=a%3bb", "sip:al@h.test;x=a;b"},
  }));
  CAPTURE(a, b);
  std::string one, other;
  sip::append_key(one, *sip::parse_uri(a));
  sip::append_key(other, *sip::parse_uri(b));
  CHECK(one != other);
}

TEST_CASE("An address of record is the user at the host and nothing else", "[sip][uri]") {
  const auto [text, expected] = GENERATE(table<std::string, std::string>({
      {"sip:Alice@HQ.Example:5070;transport=tcp?a=b", "Alice@hq.example"},
      {"sips:%61lice:pw@h", "alice@h"},
      {"sip:hq.example", "hq.example"},
      {"sip:a%40evil@h", "a%40evil@h"},
      {"sip:a%2540@h", "a%2540@h"},
      {"sip:a%00%c3%A9@h", "a%00%C3%A9@h"},
      {"sip:a%3Bb@h", "a;b@h"},
      {"tel:+1-(201)555.0123;ext=4", "+12015550123"},
      {"urn:service:sos", "urn:service:sos"},
  }));
  CAPTURE(text);
  CHECK(sip::aor(*sip::parse_uri(text)) == expected);
}

TEST_CASE("Escaping keeps what is allowed and unescaping brings all back", "[sip][uri]") {
  std::string escaped;
  sip::append_escaped_user(escaped, "a b@c;d#%");
  CHECK(escaped == "a%20b%40c;d%23%25");
  CHECK(sip::parse_uri("sip:" + escaped + "@h"));
  std::string back;
  sip::append_unescaped(back, escaped);
  CHECK(back == "a b@c;d#%");
  std::string param;
  sip::append_escaped_param(param, "a;b=c d");
  CHECK(param == "a%3Bb%3Dc%20d");
  CHECK(sip::parse_uri("sip:h;x=" + param));
  std::string odd;
  sip::append_unescaped(odd, "%zz%4");
  CHECK(odd == "%zz%4");
}
