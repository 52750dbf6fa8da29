#include "redis/command.hpp"

#include <charconv>

namespace pbx::redis {
namespace {

void append_number(std::string& out, std::int64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  out.append(digits, end);
}

constexpr std::uint32_t kKeyAfterCount = 3, kNoKey = 0xffffffff;

bool key_follows_count(std::string_view name) {
  return name == "FCALL" || name == "FCALL_RO" || name == "EVAL" || name == "EVALSHA";
}

}  // namespace

Command::Command(std::initializer_list<std::string_view> words) : Command{0, words} {}

Command::Command(std::size_t bytes, std::initializer_list<std::string_view> words) {
  for (const auto word : words) bytes += word.size() + 14;
  body_.reserve(bytes);
  for (const auto word : words) add(word);
}

Command& Command::add(std::string_view word) {
  body_.push_back('$');
  append_number(body_, static_cast<std::int64_t>(word.size()));
  body_.append("\r\n");
  const auto at = static_cast<std::uint32_t>(body_.size());
  const auto size = static_cast<std::uint32_t>(word.size());
  if (words_ == 0) {
    name_at_ = at;
    name_size_ = size;
    if (key_follows_count(word)) key_word_ = kKeyAfterCount;
  } else if (words_ == 2 && key_word_ == kKeyAfterCount && word == "0") {
    key_word_ = kNoKey;
  } else if (words_ == key_word_) {
    key_at_ = at;
    key_size_ = size;
  }
  body_.append(word).append("\r\n");
  ++words_;
  return *this;
}

Command& Command::add(std::int64_t number) {
  char digits[20];
  const auto [end, error] = std::to_chars(digits, digits + sizeof digits, number);
  return add(std::string_view{digits, static_cast<std::size_t>(end - digits)});
}

std::string_view Command::key() const { return std::string_view{body_}.substr(key_at_, key_size_); }

Command Command::with_key(std::string_view word) const {
  Command changed{size(), {}};
  std::string_view rest{body_};
  for (std::uint32_t i = 0; i < words_; ++i) {
    rest.remove_prefix(1);  // the dollar sign
    std::size_t length = 0;
    const auto parsed = std::from_chars(rest.data(), rest.data() + rest.size(), length);
    rest.remove_prefix(static_cast<std::size_t>(parsed.ptr - rest.data()) + 2);
    changed.add(i == key_word_ ? word : rest.substr(0, length));
    rest.remove_prefix(length + 2);
  }
  return changed;
}

std::string_view Command::name() const {
  return std::string_view{body_}.substr(name_at_, name_size_);
}

void Command::append_to(std::string& out) const {
  out.push_back('*');
  append_number(out, words_);
  out.append("\r\n").append(body_);
}

}  // namespace pbx::redis
