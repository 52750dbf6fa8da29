#include "sip/via.hpp"

#include <array>

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"
#include "sip/uri.hpp"

namespace pbx::sip {
namespace {

bool take_slash(std::string_view& rest) {
  detail::skip_lws(rest);
  if (rest.empty() || rest.front() != '/') return false;
  rest.remove_prefix(1);
  detail::skip_lws(rest);
  return true;
}

/// `SIP / 2.0 / UDP` and the white space after it.
Result<> take_protocol(std::string_view& rest, Via& via) {
  constexpr std::string_view kUsual = "SIP/2.0/";
  if (rest.starts_with(kUsual)) {
    via.sip_2_0 = true;
    rest.remove_prefix(kUsual.size());
  } else {
    const auto name = detail::take_token(rest);
    if (name.empty() || !take_slash(rest)) return Errc::BadVia;
    const auto version = detail::take_token(rest);
    if (version.empty() || !take_slash(rest)) return Errc::BadVia;
    via.sip_2_0 = iequals(name, "SIP") && version == "2.0";
  }
  via.transport_text = detail::take_token(rest);
  via.transport = transport_from(via.transport_text);
  if (via.transport_text.empty() || rest.empty() || !is_lws(rest.front())) return Errc::BadVia;
  detail::skip_lws(rest);
  return {};
}

Result<> take_params(std::string_view rest, Via& via) {
  via.params = Params{trim(rest)};
  rest = via.params.text();
  Param param;
  for (;;) {
    const auto step = detail::take_param(rest, param);
    if (step == detail::Step::End) return {};
    if (step == detail::Step::Malformed) return Errc::BadParameter;
    if (iequals(param.name, "branch")) {
      if (via.branch.empty()) via.branch = param.value;
    } else if (iequals(param.name, "received")) {
      if (via.received.empty()) via.received = param.value;
    } else if (iequals(param.name, "rport")) {
      via.has_rport = true;
      if (!param.has_value || via.rport != 0) continue;
      PBX_TRY(const auto port, parse_number(param.value, 65'535));
      via.rport = static_cast<std::uint16_t>(port);
    } else if (iequals(param.name, "maddr")) {
      if (via.maddr.empty()) via.maddr = param.value;
    }
  }
}

std::string_view without_brackets(std::string_view host) {
  return host.size() > 2 && host.front() == '[' && host.back() == ']'
             ? host.substr(1, host.size() - 2)
             : host;
}

}  // namespace

Result<Via> parse_via(std::string_view text) {
  Via via;
  via.text = text = trim(text);
  PBX_CHECK_OK(take_protocol(text, via));
  const auto host_end = detail::find_any<';', ','>(text);
  if (host_end < text.size() && text[host_end] == ',') return Errc::BadVia;
  PBX_TRY(const auto host_port, parse_host_port(trim(text.substr(0, host_end)), true));
  via.host = host_port.host;
  via.port = host_port.port;
  PBX_CHECK_OK(take_params(text.substr(host_end), via));
  return via;
}

void append_received_via(std::string& out, const Via& top, Source source) {
  const char* copied = top.text.data();
  const char* const end = copied + top.text.size();
  for (const auto& param : top.params) {
    if (!iequals(param.name, "received") && !iequals(param.name, "rport")) continue;
    const char* semicolon = param.name.data();
    while (*semicolon != ';') --semicolon;
    out.append(copied, semicolon);
    copied = param.has_value ? param.value.data() + param.value.size()
                             : param.name.data() + param.name.size();
  }
  out.append(copied, end);
  append_received_params(out, top, source);
}

namespace {

bool needs_received(const Via& top, Source source) {
  return top.has_rport || !iequals(without_brackets(top.host), source.address);
}

}  // namespace

Via with_received(Via top, Source source) {
  top.received = needs_received(top, source) ? source.address : std::string_view{};
  top.rport = top.has_rport ? source.port : std::uint16_t{0};
  return top;
}

void append_received_params(std::string& out, const Via& top, Source source) {
  if (needs_received(top, source)) {
    out += ";received=";
    out += source.address;
  }
  if (top.has_rport) {
    out += ";rport=";
    append_number(out, source.port);
  }
}

ResponseTarget response_target(const Via& top) {
  ResponseTarget target{without_brackets(top.host), top.port_or_default(), top.transport};
  if (!top.maddr.empty() && !is_reliable(top.transport)) {
    target.host = without_brackets(top.maddr);
    return target;
  }
  if (!top.received.empty()) target.host = without_brackets(top.received);
  if (top.rport != 0) target.port = top.rport;
  return target;
}

bool is_unicast(std::string_view host) noexcept {
  host = without_brackets(host);
  if (host.size() > 2 && lower(host[0]) == 'f' && lower(host[1]) == 'f' &&
      host.find(':') != std::string_view::npos) {
    return false;  // ff00::/8
  }
  const auto dot = host.find('.');
  if (dot == std::string_view::npos || host.find_first_not_of("0123456789.") != host.npos) {
    return true;
  }
  const auto first = parse_number(host.substr(0, dot), 255);
  return first && *first != 0 && *first < 224;  // 224/4 is multicast, 240/4 reserved or broadcast
}

}  // namespace pbx::sip
