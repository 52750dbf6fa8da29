#pragma once

#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>

#include "sip/message.hpp"

namespace pbx::sip::samples {

/// Text with plain line ends as it goes over the wire.
inline std::string wire(std::string_view text) {
  std::string bytes;
  for (const char c : text) {
    if (c == '\n') bytes.push_back('\r');
    bytes.push_back(c);
  }
  return bytes;
}

/// The same backwards, for comparisons that read well.
inline std::string plain(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    if (c != '\r') text.push_back(c);
  }
  return text;
}

/// The bytes of one of RFC 4475's messages by its name there, such as "wsinv".
inline std::string rfc4475(std::string_view name) {
  const std::string path = std::string{PBX_SIP_CORPUS} + "/rfc4475_" + std::string{name} + ".sip";
  std::ifstream file{path, std::ios::binary};
  INFO(path);
  REQUIRE(file);
  return {std::istreambuf_iterator<char>{file}, {}};
}

inline Message parsed(std::string_view bytes) {
  const auto message = parse_message(bytes);
  INFO(message.error().message());
  REQUIRE(message);
  return *message;
}

inline constexpr std::string_view kInvite =
    "INVITE sip:1002@hq.example SIP/2.0\n"
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK776;rport\n"
    "Max-Forwards: 70\n"
    "Route: <sip:192.0.2.1;lr>\n"
    "From: \"Alice\" <sip:1001@hq.example>;tag=a1\n"
    "To: <sip:1002@hq.example>\n"
    "Call-ID: 3848276298220188511@192.0.2.10\n"
    "CSeq: 1 INVITE\n"
    "Contact: <sip:1001@192.0.2.10:5060>\n"
    "Content-Type: application/sdp\n"
    "Content-Length: 5\n"
    "\n"
    "v=0\n";

}  // namespace pbx::sip::samples
