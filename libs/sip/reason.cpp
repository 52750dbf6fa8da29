#include "sip/reason.hpp"

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"
#include "sip/text.hpp"

namespace pbx::sip {

Result<Reason> parse_reason(std::string_view value) {
  value = trim(value);
  Reason reason;
  reason.protocol = detail::take_token(value);
  if (reason.protocol.empty()) return Errc::BadToken;
  Param param;
  for (;;) {
    const auto step = detail::take_param(value, param);
    if (step == detail::Step::End) return reason;
    if (step == detail::Step::Malformed) return Errc::BadParameter;
    if (iequals(param.name, "cause")) {
      PBX_TRY(const auto cause, parse_number(param.value, 9999));
      reason.cause = static_cast<int>(cause);
    } else if (iequals(param.name, "text")) {
      const bool quoted = param.value.starts_with('"');
      reason.text = quoted ? param.value.substr(1, param.value.size() - 2) : param.value;
    }
  }
}

std::optional<Reason> find_reason(const Message& message, std::string_view protocol) {
  for (const auto value : message.values(HeaderId::Reason)) {
    const auto reason = parse_reason(value);
    if (reason && iequals(reason->protocol, protocol)) return *reason;
  }
  return std::nullopt;
}

void append_reason(std::string& out, std::string_view protocol, int cause, std::string_view text) {
  out += protocol;
  out += ";cause=";
  append_number(out, static_cast<std::uint64_t>(cause));
  if (text.empty()) return;
  out += ";text=";
  append_quoted(out, text);
}

void append_warning(std::string& out, int code, std::string_view agent, std::string_view text) {
  append_number(out, static_cast<std::uint64_t>(code));
  out += ' ';
  out += agent;
  out += ' ';
  append_quoted(out, text);
}

}  // namespace pbx::sip
