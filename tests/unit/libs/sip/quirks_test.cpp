#include "sip/quirks.hpp"

#include <catch2/catch.hpp>

using namespace pbx;

TEST_CASE("Only phones known to give up at SHA-256 are spared it", "[sip][auth]") {
  const auto [agent, stumbles] = GENERATE(table<std::string, bool>({
      {"User-Agent: baresip v1.0.0 (x86_64/linux)\r\n", true},
      {"User-Agent: baresip v3.10.1 (x86_64/Linux)\r\n", true},
      {"User-Agent: baresip v4.0.0 (x86_64/Linux)\r\n", false},
      {"User-Agent: not baresip v1.0.0\r\n", false},
      {"", false},
  }));
  const auto text =
      "REGISTER sip:hq.test SIP/2.0\r\n"
      "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bK1\r\n"
      "From: <sip:1@hq.test>;tag=1\r\nTo: <sip:1@hq.test>\r\n"
      "Call-ID: 1\r\nCSeq: 1 REGISTER\r\n" +
      agent + "Content-Length: 0\r\n\r\n";
  CAPTURE(text);
  const auto message = sip::parse_message(text);
  REQUIRE(message);
  CHECK(sip::stumbles_over_sha256(*message) == stumbles);
}
