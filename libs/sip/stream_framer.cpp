#include "sip/stream_framer.hpp"

#include <algorithm>
#include <cstring>
#include <optional>

#include "sip/detail/scan.hpp"
#include "sip/errc.hpp"
#include "sip/header_id.hpp"
#include "sip/text.hpp"

namespace pbx::sip {
namespace {

constexpr std::size_t kFirstSize = 4096;
constexpr std::string_view kCrlf = "\r\n";
constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// The Content-Length of a whole header, its empty line included.
Result<std::size_t> find_content_length(std::string_view header) {
  std::optional<std::size_t> length;
  auto at = header.find(kCrlf) + 2;
  while (at + 2 < header.size()) {
    const auto end = header.find(kCrlf, at);
    const auto line = header.substr(at, end - at);
    at = end + 2;
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || line.front() == ' ' || line.front() == '\t') continue;
    if (header_id(trim(line.substr(0, colon))) != HeaderId::ContentLength) continue;
    const bool folded = at < header.size() && (header[at] == ' ' || header[at] == '\t');
    const auto number = parse_number(trim(line.substr(colon + 1)));
    if (!number || folded || length) return Errc::BadContentLength;
    length = *number;
  }
  if (!length) return Errc::NoContentLength;
  return *length;
}

}  // namespace

StreamFramer::StreamFramer(const Limits& limits) : limits_{limits} {
  limits_.message = std::min(limits_.message, Limits{}.message);
}

std::span<char> StreamFramer::prepare() {
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size() && begin_ > 0) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (end_ == buffer_.size()) {
    buffer_.resize(std::min(std::max(buffer_.size() * 2, kFirstSize), limits_.message));
  }
  return std::span{buffer_}.subspan(end_);
}

void StreamFramer::commit(std::size_t size) { end_ += size; }

std::size_t StreamFramer::feed(std::string_view bytes) {
  std::size_t taken = 0;
  while (taken < bytes.size()) {
    const auto room = prepare();
    const auto size = std::min(room.size(), bytes.size() - taken);
    if (size == 0) break;
    std::memcpy(room.data(), bytes.data() + taken, size);
    commit(size);
    taken += size;
  }
  return taken;
}

void StreamFramer::rest() {
  if (begin_ != end_) return;
  begin_ = end_ = 0;
  std::vector<char>{}.swap(buffer_);
}

bool StreamFramer::in_message() const {
  const auto held = pending();
  return !held.empty() && held != kCrlf.substr(0, held.size());
}

Result<Frame> StreamFramer::fail(std::error_code error) {
  failed_ = error;
  return error;
}

Result<Frame> StreamFramer::next() {
  if (failed_) return failed_;
  const auto held = pending();
  if (length_ == 0 && !held.empty() && held.front() == '\r') {
    if (held.size() < 2) return Frame{};
    if (held[1] != '\n') return fail(Errc::BadLineEnd);
    begin_ += 2;
    after_crlf_ = !after_crlf_;
    return Frame{after_crlf_ ? Frame::Kind::Pong : Frame::Kind::Ping, held.substr(0, 2)};
  }
  if (held.empty()) return Frame{};
  after_crlf_ = false;
  return next_message();
}

Result<Frame> StreamFramer::next_message() {
  const auto held = pending();
  if (length_ == 0) {
    const auto end = held.find(kHeaderEnd, scanned_);
    if (end == std::string_view::npos) {
      if (held.size() >= limits_.message) return fail(Errc::TooLarge);
      scanned_ = held.size() < 3 ? 0 : held.size() - 3;
      return Frame{};
    }
    const auto header_size = end + kHeaderEnd.size();
    const auto body_size = find_content_length(held.substr(0, header_size));
    if (!body_size) return fail(body_size.error());
    if (*body_size > limits_.message || header_size + *body_size > limits_.message) {
      return fail(Errc::TooLarge);
    }
    length_ = header_size + *body_size;
  }
  if (held.size() < length_) return Frame{};
  begin_ += length_;
  const auto bytes = held.substr(0, length_);
  scanned_ = length_ = 0;
  return Frame{Frame::Kind::Message, bytes};
}

}  // namespace pbx::sip
