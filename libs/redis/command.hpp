#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace pbx::redis {

/// A command, formatted as its words are added: `Command{"HGET", key, field}`. Binary safe.
class Command {
 public:
  Command(std::initializer_list<std::string_view> words);
  /// For long commands: memory for `bytes` of words is taken at once.
  Command(std::size_t bytes, std::initializer_list<std::string_view> words);

  Command& add(std::string_view word);
  Command& add(std::int64_t number);

  /// The key that decides where the command runs: the first word after the name, or the first key
  /// of FCALL, FCALL_RO, EVAL and EVALSHA. Empty for commands of one word and calls without keys.
  std::string_view key() const;
  /// The same command with another word in the place of key().
  Command with_key(std::string_view word) const;
  std::string_view name() const;
  /// Bytes that append_to() will add, a few more at most.
  std::size_t size() const { return body_.size() + 16; }
  void append_to(std::string& out) const;

 private:
  std::string body_;  // every word as $<length>\r\n<bytes>\r\n
  std::uint32_t words_ = 0;
  std::uint32_t key_word_ = 1;  // kNoKey: a call of a function without keys
  std::uint32_t name_at_ = 0, name_size_ = 0;
  std::uint32_t key_at_ = 0, key_size_ = 0;
};

}  // namespace pbx::redis
