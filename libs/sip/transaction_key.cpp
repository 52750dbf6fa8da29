#include "sip/transaction_key.hpp"

#include "sip/text.hpp"

namespace pbx::sip {
namespace {

/// No part can hold it but a folded Via of an RFC 2543 element, and only the method follows that.
constexpr char kSeparator = '\n';

void append_lower(std::string& out, std::string_view text) {
  for (const char c : text) out.push_back(lower(c));
}

/// Long for what RFC 2543 elements send; folds are not part of it.
Result<> append_old_key(std::string& out, const Message& request, const Via& top,
                        std::string_view method) {
  PBX_TRY(const auto from, request.from());
  PBX_TRY(const auto cseq, request.cseq());
  out += request.request_uri_text();
  out += kSeparator;
  out += from.tag();
  out += kSeparator;
  out += request.call_id();
  out += kSeparator;
  append_number(out, cseq.number);
  out += kSeparator;
  out += top.text;
  out += kSeparator;
  out += method;
  return {};
}

Result<> append_key(std::string& out, const Message& request, std::string_view method) {
  PBX_TRY(const auto top, request.top_via());
  if (!top.has_magic_cookie()) return append_old_key(out, request, top, method);
  out += top.branch;
  out += kSeparator;
  append_lower(out, top.host);
  out += ':';
  append_number(out, top.port_or_default());
  out += kSeparator;
  out += method;
  return {};
}

}  // namespace

void append_client_key(std::string& out, std::string_view branch, std::string_view method) {
  out += branch;
  out += kSeparator;
  out += method;
}

Result<> append_client_key(std::string& out, const Message& response) {
  PBX_TRY(const auto top, response.top_via());
  if (top.branch.empty()) return Errc::BadVia;
  PBX_TRY(const auto cseq, response.cseq());
  append_client_key(out, top.branch, cseq.method);
  return {};
}

Result<> append_server_key(std::string& out, const Message& request) {
  const bool ack = request.method() == Method::Ack;
  return append_key(out, request, ack ? method_name(Method::Invite) : request.method_text());
}

Result<> append_cancelled_key(std::string& out, const Message& cancel) {
  return append_key(out, cancel, method_name(Method::Invite));
}

Result<> append_merge_key(std::string& out, const Message& request) {
  PBX_TRY(const auto from, request.from());
  PBX_TRY(const auto cseq, request.cseq());
  out += from.tag();
  out += kSeparator;
  out += request.call_id();
  out += kSeparator;
  append_number(out, cseq.number);
  out += kSeparator;
  out += cseq.method;
  return {};
}

}  // namespace pbx::sip
