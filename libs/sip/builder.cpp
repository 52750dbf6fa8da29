#include "sip/builder.hpp"

#include "core/utf8.hpp"
#include "sip/comma_list.hpp"
#include "sip/detail/visible.hpp"
#include "sip/text.hpp"

namespace pbx::sip {

void append_request_line(std::string& out, std::string_view method, std::string_view uri) {
  out += method;
  out += ' ';
  out += uri;
  out += " SIP/2.0\r\n";
}

void append_status_line(std::string& out, int status, std::string_view reason) {
  out += "SIP/2.0 ";
  append_number(out, static_cast<std::uint64_t>(status));
  out += ' ';
  out += reason.empty() ? reason_phrase(status) : reason;
  out += "\r\n";
}

void append_header(std::string& out, std::string_view name, std::string_view value) {
  out += name;
  out += ": ";
  out += value;
  out += "\r\n";
}

void append_header(std::string& out, HeaderId id, std::string_view value) {
  append_header(out, header_name(id), value);
}

void append_header(std::string& out, HeaderId id, std::uint64_t number) {
  out += header_name(id);
  out += ": ";
  append_number(out, number);
  out += "\r\n";
}

void append_cseq(std::string& out, std::uint32_t number, std::string_view method) {
  out += "CSeq: ";
  append_number(out, number);
  out += ' ';
  out += method;
  out += "\r\n";
}

void append_clean(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto length = utf8_length(text);
    if (length > 1) {
      out.append(text.substr(0, length));
    } else if (length == 0) {
      out.push_back('?');
    } else {
      const char c = text.front();
      out.push_back(detail::is_visible(c) ? c : ' ');
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
}

std::string clean(std::string_view text) {
  std::string out;
  append_clean(out, text);
  return out;
}

void append_via_value(std::string& out, const OwnVia& via) {
  out += "SIP/2.0/";
  out += transport_name(via.transport);
  out += ' ';
  out += via.host;
  if (via.port != 0) {
    out += ':';
    append_number(out, via.port);
  }
  if (via.rport) out += ";rport";
  out += ";branch=";
  out += via.branch;
}

void append_via(std::string& out, const OwnVia& via) {
  out += "Via: ";
  append_via_value(out, via);
  out += "\r\n";
}

void append_body(std::string& out, std::string_view content_type, std::string_view body) {
  if (!body.empty()) append_header(out, HeaderId::ContentType, content_type);
  append_header(out, HeaderId::ContentLength, body.size());
  out += "\r\n";
  out += body;
}

}  // namespace pbx::sip
