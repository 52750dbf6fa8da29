#pragma once

#include <cstddef>
#include <iterator>
#include <string_view>

namespace pbx::sip {

/// The values of a comma list: commas in quoted strings and between < and > do not split. White
/// space around a value is left out; an empty value is given as an empty view.
class CommaList {
 public:
  class Iterator {
   public:
    using iterator_category = std::input_iterator_tag;
    using value_type = std::string_view;
    using difference_type = std::ptrdiff_t;
    using pointer = const std::string_view*;
    using reference = const std::string_view&;

    Iterator() = default;
    explicit Iterator(std::string_view text) : rest_{text}, more_{true} { advance(); }
    const std::string_view& operator*() const { return value_; }
    const std::string_view* operator->() const { return &value_; }
    Iterator& operator++() {
      advance();
      return *this;
    }
    void operator++(int) { advance(); }
    friend bool operator==(const Iterator& a, const Iterator& b) { return a.end_ == b.end_; }

   private:
    void advance();

    std::string_view rest_;
    std::string_view value_;
    bool more_ = false;
    bool end_ = true;
  };

  explicit CommaList(std::string_view text) : text_{text} {}
  Iterator begin() const { return Iterator{text_}; }
  Iterator end() const { return {}; }

 private:
  std::string_view text_;
};

/// Where the first value of a comma list ends: at its comma or at the end of `text`.
std::size_t first_comma(std::string_view text) noexcept;

}  // namespace pbx::sip
