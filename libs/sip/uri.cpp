#include "sip/uri.hpp"

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"

namespace pbx::sip {
namespace {

using detail::in_class;

bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

/// Every character of `text` is in `classes` or part of a %HH.
Result<> check_chars(std::string_view text, unsigned classes) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (in_class(text[i], classes)) continue;
    if (text[i] != '%') return Errc::BadUri;
    if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) {
      return Errc::BadEscape;
    }
    i += 2;
  }
  return {};
}

/// `;name[=value]` over and over, no name empty.
Result<> check_params(std::string_view params) {
  while (!params.empty()) {
    params.remove_prefix(1);  // the ';'
    const auto end = detail::find_any<';'>(params);
    const auto param = params.substr(0, end);
    const auto equals = detail::find_any<'='>(param);
    if (equals == 0) return Errc::BadUri;
    PBX_CHECK_OK(check_chars(param.substr(0, equals), detail::kUriParamChar));
    if (equals < param.size()) {
      PBX_CHECK_OK(check_chars(param.substr(equals + 1), detail::kUriParamChar));
    }
    params.remove_prefix(end);
  }
  return {};
}

Result<> parse_user_info(std::string_view text, Uri& uri) {
  const auto colon = detail::find_any<':'>(text);
  uri.user = text.substr(0, colon);
  if (uri.user.empty()) return Errc::BadUri;
  PBX_CHECK_OK(check_chars(uri.user, detail::kUserChar));
  if (colon == text.size()) return {};
  uri.password = text.substr(colon + 1);
  return check_chars(uri.password, detail::kPasswordChar);
}

Result<Uri> parse_sip(Uri uri, std::string_view rest) {
  const auto at = detail::find_any<'@'>(rest);
  if (at < rest.size()) {
    PBX_CHECK_OK(parse_user_info(rest.substr(0, at), uri));
    rest.remove_prefix(at + 1);
  }
  const auto host_end = detail::find_any<';', '?'>(rest);
  PBX_TRY(const auto host_port, parse_host_port(rest.substr(0, host_end)));
  uri.host = host_port.host;
  uri.port = host_port.port;
  rest.remove_prefix(host_end);
  if (rest.empty()) return uri;
  const auto question = detail::find_any<'?'>(rest);
  uri.params = rest.substr(0, question);
  PBX_CHECK_OK(check_params(uri.params));
  if (question == rest.size()) return uri;
  uri.headers = rest.substr(question + 1);
  if (uri.headers.empty()) return Errc::BadUri;
  PBX_CHECK_OK(check_chars(uri.headers, detail::kUriHeaderChar));
  return uri;
}

/// RFC 3966: `+1-201-555-0123;ext=42`.
Result<Uri> parse_tel(Uri uri, std::string_view rest) {
  const auto end = detail::find_any<';'>(rest);
  uri.user = rest.substr(0, end);
  bool any = false;
  for (std::size_t i = 0; i < uri.user.size(); ++i) {
    const char c = uri.user[i];
    const bool visual = c == '-' || c == '.' || c == '(' || c == ')';
    const bool plus = c == '+' && i == 0;
    if (!is_hex(c) && c != '*' && c != '#' && !visual && !plus) return Errc::BadUri;
    any = any || is_hex(c) || c == '*' || c == '#';
  }
  if (!any) return Errc::BadUri;
  uri.params = rest.substr(end);
  PBX_CHECK_OK(check_params(uri.params));
  return uri;
}

bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

bool is_scheme(std::string_view text) {
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    if (!is_letter(c) && !is_digit(c) && c != '+' && c != '-' && c != '.') return false;
  }
  return true;
}

}  // namespace

Result<Uri> parse_uri(std::string_view text) {
  Uri uri;
  uri.text = text;
  const auto colon = detail::find_any<':'>(text);
  uri.scheme_text = text.substr(0, colon);
  if (colon == text.size() || !is_scheme(uri.scheme_text)) return Errc::BadUri;
  const auto rest = text.substr(colon + 1);
  if (rest.empty()) return Errc::BadUri;
  if (iequals(uri.scheme_text, "sip")) {
    uri.scheme = Scheme::Sip;
    return parse_sip(uri, rest);
  }
  if (iequals(uri.scheme_text, "sips")) {
    uri.scheme = Scheme::Sips;
    return parse_sip(uri, rest);
  }
  if (iequals(uri.scheme_text, "tel")) {
    uri.scheme = Scheme::Tel;
    return parse_tel(uri, rest);
  }
  for (const char c : rest) {
    if (!in_class(c, detail::kUriChar)) return Errc::BadUri;
  }
  return uri;
}

namespace {

/// The value of `name` in text of the form `<sep>name[=value]<sep>name…`, without a first
/// separator.
std::optional<std::string_view> find_in_list(std::string_view list, char separator,
                                             std::string_view name) {
  while (!list.empty()) {
    const auto end = list.find(separator);
    const auto item = list.substr(0, end);
    const auto equals = item.find('=');
    if (iequals(item.substr(0, equals), name)) {
      return equals == std::string_view::npos ? std::string_view{} : item.substr(equals + 1);
    }
    if (end == std::string_view::npos) break;
    list.remove_prefix(end + 1);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string_view> Uri::param(std::string_view name) const {
  return params.empty() ? std::nullopt : find_in_list(params.substr(1), ';', name);
}

std::optional<std::string_view> Uri::header(std::string_view name) const {
  return find_in_list(headers, '&', name);
}

std::optional<Transport> Uri::transport() const {
  if (const auto named = param("transport")) return transport_from(*named);
  if (scheme == Scheme::Sips) return Transport::Tls;
  return std::nullopt;
}

std::uint16_t Uri::port_or_default() const {
  return port != 0 ? port : default_port(transport().value_or(Transport::Udp));
}

}  // namespace pbx::sip
