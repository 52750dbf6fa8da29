#include "sip/detail/header_scanner.hpp"

#include <algorithm>

#include "sip/detail/scan.hpp"
#include "sip/text.hpp"

namespace pbx::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

/// "SIP/" and digits with a dot, of whatever version.
bool is_version(std::string_view text) {
  if (text.size() < 7 || !iequals(text.substr(0, 4), "SIP/")) return false;
  text.remove_prefix(4);
  return text.find_first_not_of("0123456789.") == std::string_view::npos && is_digit(text.front());
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

/// Moves `at` forward to the CRLF that ends its line.
inline bool HeaderScanner::find_line_end(std::size_t& at) {
  at = detail::find_any<'\r', '\n'>(bytes_, at);
  if (at + 1 < bytes_.size() && bytes_[at] == '\r' && bytes_[at + 1] == '\n') return true;
  const bool cut_off = at == bytes_.size() || (at + 1 == bytes_.size() && bytes_[at] == '\r');
  return fail(cut_off ? Errc::Truncated : Errc::BadLineEnd);
}

bool HeaderScanner::start_line() {
  std::size_t end = 0;
  if (!find_line_end(end)) return false;
  if (end > limits_.line) return fail(Errc::LineTooLong);
  at_ = end + 2;
  const auto line = bytes_.substr(0, end);
  return iequals(line.substr(0, 4), "SIP/") ? status_line(line) : request_line(line);
}

bool HeaderScanner::request_line(std::string_view line) {
  const auto method_end = detail::token_length(line);
  if (method_end == 0 || method_end >= line.size() || line[method_end] != ' ') {
    return fail(Errc::BadStartLine);
  }
  const auto uri_begin = method_end + 1;
  const auto uri_end = detail::find_any<' ', '\t'>(line, uri_begin);
  if (uri_end == uri_begin || uri_end == line.size()) return fail(Errc::BadStartLine);
  const auto version = line.substr(uri_end + 1);
  if (!iequals(version, kVersion)) {
    return fail(is_version(version) ? Errc::BadVersion : Errc::BadStartLine);
  }
  message_.method_end_ = position(method_end);
  message_.method_ = method_from(line.substr(0, method_end));
  message_.uri_begin_ = position(uri_begin);
  message_.uri_end_ = position(uri_end);
  return true;
}

/// A missing reason phrase is let through with or without the space before it.
bool HeaderScanner::status_line(std::string_view line) {
  const auto version_end = detail::find_any<' '>(line);
  const auto version = line.substr(0, version_end);
  if (!iequals(version, kVersion))
    return fail(is_version(version) ? Errc::BadVersion : Errc::BadStartLine);
  if (version_end == line.size()) return fail(Errc::BadStartLine);
  const auto code_begin = version_end + 1;
  const auto code_end = detail::find_any<' '>(line, code_begin);
  const auto code = parse_number(line.substr(code_begin, code_end - code_begin), 699);
  if (!code || code_end - code_begin != 3 || *code < 100) return fail(Errc::BadStatusCode);
  message_.status_ = static_cast<std::uint16_t>(*code);
  message_.uri_begin_ = position(std::min(code_end + 1, line.size()));
  message_.uri_end_ = position(line.size());
  return true;
}

bool HeaderScanner::headers() {
  for (;;) {
    if (at_ + 1 >= bytes_.size()) return fail(Errc::Truncated);
    if (bytes_[at_] == '\r' && bytes_[at_ + 1] == '\n') break;
    if (message_.slots_.size() >= limits_.headers) return fail(Errc::TooManyHeaders);
    if (!header_line()) return false;
  }
  message_.header_end_ = position(at_);
  message_.body_begin_ = position(at_ + 2);
  return true;
}

/// One header field with its folded lines; at_ is at its first byte.
bool HeaderScanner::header_line() {
  const auto begin = at_;
  const auto colon = detail::find_any<':', '\r', '\n'>(bytes_, begin);
  if (colon == bytes_.size()) return fail(Errc::Truncated);
  if (bytes_[colon] != ':') return fail(Errc::BadHeaderLine);
  auto name_end = colon;
  while (name_end > begin && is_blank(bytes_[name_end - 1])) --name_end;

  bool folded = false;
  auto from = colon + 1;
  std::size_t end = 0;
  for (;;) {
    end = from;
    if (!find_line_end(end)) return false;
    if (end - begin > limits_.line) return fail(Errc::LineTooLong);
    if (end + 2 >= bytes_.size()) return fail(Errc::Truncated);
    if (!is_blank(bytes_[end + 2])) break;
    folded = true;
    from = end + 3;
  }
  at_ = end + 2;

  auto value_begin = colon + 1;
  while (value_begin < end && is_lws(bytes_[value_begin])) ++value_begin;
  while (end > value_begin && is_lws(bytes_[end - 1])) --end;

  const auto name = bytes_.substr(begin, name_end - begin);
  const auto id = header_id(name);
  if (id == HeaderId::Other && !is_token(name)) return fail(Errc::BadHeaderLine);
  if (id == HeaderId::ContentLength) {
    if (!content_length(bytes_.substr(value_begin, end - value_begin))) return false;
  }
  add({id, folded, begin, name_end, value_begin, end, at_});
  return true;
}

bool HeaderScanner::content_length(std::string_view value) {
  if (message_.content_length_) return fail(Errc::RepeatedHeader);
  const auto length = parse_number(value);
  if (!length) return fail(Errc::BadContentLength);
  message_.content_length_ = *length;
  return true;
}

bool HeaderScanner::body() {
  const auto held = bytes_.size() - message_.body_begin_;
  const auto length = message_.content_length_.value_or(held);
  if (length > held) return fail(Errc::Truncated);
  message_.size_ = position(message_.body_begin_ + length);
  return true;
}

Result<Message> parse_message(std::string_view datagram, const Limits& limits) {
  if (datagram.size() > std::min(limits.message, Limits{}.message)) return Errc::TooLarge;
  HeaderScanner scanner{datagram, limits};
  if (!scanner.start_line() || !scanner.headers() || !scanner.body()) return scanner.error();
  return scanner.message();
}

bool is_keepalive(std::string_view datagram) noexcept {
  for (const char c : datagram) {
    if (!is_lws(c) && c != '\0') return false;
  }
  return true;
}

}  // namespace pbx::sip
