// Messages that are made out of another one: responses, ACK and CANCEL.
#include "sip/builder.hpp"
#include "sip/comma_list.hpp"
#include "sip/text.hpp"

namespace pbx::sip {
namespace {

void append_all(std::string& out, const Message& from, HeaderId id) {
  for (const auto field : from.fields(id)) append_header(out, id, field.value);
}

void append_first(std::string& out, const Message& from, HeaderId id) {
  if (from.has(id)) append_header(out, id, from.value(id));
}

/// All Vias of the request, the top one with received and rport.
void append_vias(std::string& out, const Message& request, Source source) {
  bool top = !source.address.empty();
  for (const auto field : request.fields(HeaderId::Via)) {
    std::string_view value = field.value;
    out += "Via: ";
    if (top) {
      top = false;
      const auto end = first_comma(value);
      if (const auto via = parse_via(value.substr(0, end))) {
        append_received_via(out, *via, source);
        value.remove_prefix(end);
      }
    }
    out += value;
    out += "\r\n";
  }
}

void append_to(std::string& out, const Message& request, std::string_view tag) {
  const auto value = request.value(HeaderId::To);
  if (value.empty()) return;
  out += "To: ";
  out += value;
  const auto to = tag.empty() ? Result<NameAddr>{Errc::BadNameAddr} : parse_name_addr(value);
  if (to && to->tag().empty()) {
    out += ";tag=";
    out += tag;
  }
  out += "\r\n";
}

/// What ACK and CANCEL share: Request-URI, top Via, Route, From, Call-ID and CSeq number of the
/// request.
void append_follower(std::string& out, const Message& request, std::string_view method,
                     const Message& to_of) {
  append_request_line(out, method, request.request_uri_text());
  const auto via = request.value(HeaderId::Via);
  append_header(out, HeaderId::Via, via.substr(0, first_comma(via)));
  append_all(out, request, HeaderId::Route);
  append_header(out, HeaderId::MaxForwards, std::uint64_t{70});
  append_first(out, request, HeaderId::From);
  append_first(out, to_of, HeaderId::To);
  append_first(out, request, HeaderId::CallId);
  if (const auto cseq = request.cseq()) append_cseq(out, cseq->number, method);
}

}  // namespace

void append_response(std::string& out, const Message& request, const ResponseParts& parts) {
  append_status_line(out, parts.status, parts.reason);
  append_vias(out, request, parts.source);
  if (parts.record_route) append_all(out, request, HeaderId::RecordRoute);
  append_first(out, request, HeaderId::From);
  append_to(out, request, parts.to_tag);
  append_first(out, request, HeaderId::CallId);
  append_first(out, request, HeaderId::CSeq);
  if (parts.timestamp && parts.status == 100) append_first(out, request, HeaderId::Timestamp);
  out += parts.header_lines;
  append_body(out, parts.content_type, parts.body);
}

void append_ack(std::string& out, const Message& invite, const Message& response) {
  append_follower(out, invite, "ACK", response);
  append_body(out);
}

void append_cancel(std::string& out, const Message& request, std::string_view header_lines) {
  append_follower(out, request, "CANCEL", request);
  out += header_lines;
  append_body(out);
}

}  // namespace pbx::sip
