#pragma once

#include <string>
#include <string_view>

#include "core/result.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

// Keys are opaque strings for a hash map. They are appended, so that one string can serve for all.

/// The key of the client transaction that sent a request with `branch` and `method`, and that a
/// response belongs to (RFC 3261 §17.1.3).
void append_client_key(std::string& out, std::string_view branch, std::string_view method);
/// From a response: top Via branch and CSeq method.
Result<> append_client_key(std::string& out, const Message& response);

/// The key of the server transaction of a request (§17.2.3): branch, sent-by and method when the
/// branch has the magic cookie; else Request-URI, From tag, Call-ID, CSeq number and top Via as RFC
/// 2543 had it. An ACK gives the key of its INVITE.
Result<> append_server_key(std::string& out, const Message& request);
/// For a CANCEL: the key of the INVITE that it cancels (§9.2).
Result<> append_cancelled_key(std::string& out, const Message& cancel);

/// What tells a merged request (§8.2.2.2): From tag, Call-ID and CSeq. Two INVITEs without To tag
/// that share it but have different server keys came over different paths: 482.
Result<> append_merge_key(std::string& out, const Message& request);

}  // namespace pbx::sip
