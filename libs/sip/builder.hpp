#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "sip/header_id.hpp"
#include "sip/message.hpp"
#include "sip/transport.hpp"
#include "sip/via.hpp"

namespace pbx::sip {

// Everything here appends to a string of the caller's and makes no temporary one. Values are copied
// as they are: they must not hold CR or LF. Foreign text goes through append_clean() first.

/// The phrase of RFC 3261 §21 and later RFCs; "Unknown" for a code without one.
std::string_view reason_phrase(int status) noexcept;

void append_request_line(std::string& out, std::string_view method, std::string_view uri);
/// An empty `reason` means reason_phrase(status).
void append_status_line(std::string& out, int status, std::string_view reason = {});
void append_header(std::string& out, HeaderId id, std::string_view value);
void append_header(std::string& out, std::string_view name, std::string_view value);
void append_header(std::string& out, HeaderId id, std::uint64_t number);
void append_cseq(std::string& out, std::uint32_t number, std::string_view method);
/// Appends `text` with CR, LF and other controls as spaces, and what is not UTF-8 as question
/// marks.
void append_clean(std::string& out, std::string_view text);
std::string clean(std::string_view text);

/// Appends a Via header field of ours: `Via: SIP/2.0/UDP host:port;branch=…` and `;rport` if asked.
struct OwnVia {
  Transport transport = Transport::Udp;
  std::string_view host;   ///< IPv6 in brackets.
  std::uint16_t port = 0;  ///< 0: none.
  std::string_view branch;
  bool rport = false;
};
void append_via(std::string& out, const OwnVia& via);
/// Only the value.
void append_via_value(std::string& out, const OwnVia& via);

/// Ends a message: Content-Type (when there is a body), Content-Length, empty line, body.
void append_body(std::string& out, std::string_view content_type = {}, std::string_view body = {});

/// A response to a request, RFC 3261 §8.2.6.
struct ResponseParts {
  int status = 500;
  std::string_view reason = {};        ///< Empty: the standard phrase.
  std::string_view to_tag = {};        ///< Added to To when that has none; leave empty for 100.
  std::string_view header_lines = {};  ///< Complete lines, each with its CRLF.
  std::string_view content_type = {};
  std::string_view body = {};
  /// Where the request came from: noted in the top Via as RFC 3581 says. Empty: Via is left alone
  /// (it carries received already).
  Source source = {};
  bool record_route = false;  ///< Copy Record-Route: for answers of a UAS that make a dialog.
  bool timestamp = true;      ///< Copy Timestamp into a 100.
};
void append_response(std::string& out, const Message& request, const ResponseParts& parts);

/// The ACK for a final response of 300 to 699 to `invite` as it was sent (RFC 3261 §17.1.1.3).
void append_ack(std::string& out, const Message& invite, const Message& response);

/// The CANCEL for `request` as it was sent (§9.1). `header_lines`: complete lines such as Reason.
void append_cancel(std::string& out, const Message& request, std::string_view header_lines = {});

}  // namespace pbx::sip
