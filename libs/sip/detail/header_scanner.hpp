#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

#include "core/result.hpp"
#include "sip/limits.hpp"
#include "sip/message.hpp"

namespace pbx::sip {

/// Fills a Message from bytes; inside of the library only. Positions are offsets into the bytes.
class HeaderScanner {
 public:
  HeaderScanner(std::string_view bytes, const Limits& limits) : bytes_{bytes}, limits_{limits} {
    message_.base_ = bytes.data();
  }

  /// False: error() says why, and nothing further may be called but salvage().
  bool start_line();
  bool headers();
  bool body();
  /// Instead of the three above, for a request that they refuse: reads what can be read.
  bool salvage();

  Errc error() const { return error_; }
  const Message& message() const { return message_; }

 private:
  struct Line {
    HeaderId id;
    bool folded;
    std::size_t begin;
    std::size_t name_end;
    std::size_t value_begin;
    std::size_t value_end;
    std::size_t end;
  };

  /// Fits: a message is never longer than 65,535 bytes.
  static std::uint16_t position(std::size_t at) { return static_cast<std::uint16_t>(at); }
  bool fail(Errc error) {
    error_ = error;
    return false;
  }
  bool request_line(std::string_view line);
  bool status_line(std::string_view line);
  bool find_line_end(std::size_t& at);
  bool header_line();
  bool content_length(std::string_view value);
  void add(const Line& line);
  void salvage_line(std::size_t begin, std::size_t end);

  std::string_view bytes_;
  Limits limits_;
  std::size_t at_ = 0;
  Errc error_{};
  std::array<std::uint16_t, kHeaderIds> last_{};  ///< Index + 1 of the last field of each kind.
  Message message_;
};

inline void HeaderScanner::add(const Line& line) {
  auto& slots = message_.slots_;
  slots.push_back({position(line.begin), position(line.name_end), position(line.value_begin),
                   position(line.value_end), position(line.end), 0, line.id, line.folded});
  const auto number = position(slots.size());
  const auto kind = static_cast<std::size_t>(line.id);
  if (message_.first_[kind] == 0) {
    message_.first_[kind] = number;
  } else {
    slots[last_[kind] - 1].next = number;
  }
  last_[kind] = number;
}

}  // namespace pbx::sip
