#include <algorithm>

#include "sip/detail/header_scanner.hpp"
#include "sip/detail/scan.hpp"

namespace pbx::sip {
namespace {

/// The end of the line from `from`, after its LF, or the end of the bytes.
std::size_t next_line(std::string_view bytes, std::size_t from) {
  const auto feed = detail::find_any<'\n'>(bytes, from);
  return std::min(feed + 1, bytes.size());
}

/// True when every CR and LF of the value belongs to a fold, so that it can be copied into a
/// response.
bool is_safe(std::string_view value) {
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\0') return false;
    if (value[i] == '\n') return false;
    if (value[i] != '\r') continue;
    if (i + 2 >= value.size() || value[i + 1] != '\n') return false;
    if (value[i + 2] != ' ' && value[i + 2] != '\t') return false;
    i += 2;
  }
  return true;
}

}  // namespace

void HeaderScanner::salvage_line(std::size_t begin, std::size_t end) {
  const auto line = bytes_.substr(begin, end - begin);
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const auto name = trim(line.substr(0, colon));
  const auto value = trim(line.substr(colon + 1));
  if (!line.starts_with(name) || !is_token(name) || !is_safe(value)) return;
  const auto value_begin =
      value.empty() ? begin + colon + 1 : static_cast<std::size_t>(value.data() - bytes_.data());
  const bool folded = detail::find_any<'\r'>(value) < value.size();
  add({header_id(name), folded, begin, begin + name.size(), value_begin, value_begin + value.size(),
       end});
}

bool HeaderScanner::salvage() {
  const auto method_end = detail::token_length(bytes_);
  if (method_end == 0 || method_end >= bytes_.size() || bytes_[method_end] != ' ') {
    return fail(Errc::BadStartLine);
  }
  message_.method_end_ = static_cast<std::uint16_t>(method_end);
  message_.method_ = method_from(bytes_.substr(0, method_end));
  at_ = next_line(bytes_, 0);
  while (at_ < bytes_.size() && bytes_[at_] != '\r' && bytes_[at_] != '\n') {
    const auto begin = at_;
    do {
      at_ = next_line(bytes_, at_);
    } while (at_ < bytes_.size() && (bytes_[at_] == ' ' || bytes_[at_] == '\t'));
    if (message_.slots_.size() >= limits_.headers) break;
    salvage_line(begin, at_);
  }
  message_.header_end_ = message_.body_begin_ = message_.size_ = static_cast<std::uint16_t>(at_);
  message_.content_length_.reset();
  return true;
}

Result<Message> parse_for_reply(std::string_view datagram) {
  const Limits limits;
  HeaderScanner scanner{datagram.substr(0, limits.message), limits};
  if (!scanner.salvage()) return scanner.error();
  const auto& message = scanner.message();
  if (message.method() == Method::Ack) return Errc::BadStartLine;
  PBX_CHECK_OK(message.top_via());
  for (const auto id : {HeaderId::From, HeaderId::To, HeaderId::CallId, HeaderId::CSeq}) {
    if (message.value(id).empty()) return Errc::MissingHeader;
  }
  return message;
}

}  // namespace pbx::sip
