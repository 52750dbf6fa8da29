#include "redis/reply.hpp"

#include <charconv>

namespace pbx::redis {
namespace {

const detail::ReplyNode kNilNode;

}  // namespace

const detail::ReplyNode& ReplyView::node() const {
  return index_ < reply_->nodes_.size() ? reply_->nodes_[index_] : kNilNode;
}

std::string_view ReplyView::text() const {
  const auto& self = node();
  if (self.kind == ReplyKind::Nil || self.kind == ReplyKind::Integer ||
      self.kind == ReplyKind::Array) {
    return {};
  }
  return std::string_view{reply_->bytes_}.substr(static_cast<std::size_t>(self.number), self.size);
}

std::int64_t ReplyView::integer() const {
  if (kind() == ReplyKind::Integer) return node().number;
  const auto digits = text();
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc{} && end == digits.data() + digits.size() ? number : 0;
}

ReplyView ReplyView::operator[](std::size_t index) const {
  if (index >= size()) return {*reply_, static_cast<std::size_t>(-1)};
  return {*reply_, static_cast<std::size_t>(node().number) + index};
}

void Reply::replace(std::size_t index, std::string_view text) {
  auto& element = nodes_[static_cast<std::size_t>(nodes_.front().number) + index];
  element = {ReplyKind::Text, static_cast<std::int64_t>(bytes_.size()), text.size()};
  bytes_.append(text);
}

}  // namespace pbx::redis
