#pragma once

#include <string_view>

namespace pbx::bench {

/// What a phone sends to call another: 727 bytes, 13 header fields, SDP.
inline constexpr std::string_view kInvite =
    "INVITE sip:1002@hq.north.pbx.test SIP/2.0\r\n"
    "Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK-524287-1---d8754z;rport\r\n"
    "Max-Forwards: 70\r\n"
    "Route: <sip:192.0.2.1:5060;lr>\r\n"
    "Contact: <sip:1001@192.0.2.10:5060;transport=udp>\r\n"
    "To: \"Bob\" <sip:1002@hq.north.pbx.test>\r\n"
    "From: \"Alice\" <sip:1001@hq.north.pbx.test>;tag=8f2c7a11\r\n"
    "Call-ID: ZjQ4NmE3YjU3YzFhNDk5ZTg1@192.0.2.10\r\n"
    "CSeq: 1 INVITE\r\n"
    "Allow: INVITE, ACK, CANCEL, OPTIONS, BYE, REFER, NOTIFY, MESSAGE\r\n"
    "Content-Type: application/sdp\r\n"
    "User-Agent: Example phone 1.2\r\n"
    "Supported: replaces, outbound\r\n"
    "Content-Length: 146\r\n\r\n"
    "v=0\r\no=- 1 1 IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n"
    "m=audio 4000 RTP/AVP 0 8 101\r\na=rtpmap:101 "
    "telephone-event/8000\r\na=sendrecv\r\na=ptime:20\r\n";

}  // namespace pbx::bench
